/** The newest dead letters: where each came from, why, and what it said. */
import { isUtf8 } from "node:buffer";
import { topicNames } from "@tidemark/contracts";
import type { Log, LogRecord } from "@tidemark/runtime";

const maxValueShown = 300;

/** Newest first, over all partitions; `limit` at most. */
export async function listDeadLetters(log: Log, limit: number): Promise<readonly string[]> {
  const topic = topicNames.deadLetters;
  const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
  const newest: LogRecord[] = [];
  for (const [partition, end] of ends.entries()) {
    const from = Math.max(starts[partition] ?? 0, end - limit);
    for await (const records of log.read(topic, partition, from, end)) newest.push(...records);
  }
  return newest
    .sort((a, b) => b.timestamp - a.timestamp || b.offset - a.offset)
    .slice(0, limit)
    .map(describeDeadLetter);
}

function describeDeadLetter({ headers, timestamp, value }: LogRecord): string {
  const header = (name: string): string =>
    headers.findLast(([known]) => known === `tidemark-${name}`)?.[1].toString() ?? "";
  const faults = faultsOf(header("faults"));
  return [
    `${new Date(timestamp).toISOString()}  ${header("reason")}  ${header("topic")} ${header("partition")}/${header("offset")}`,
    ...faults.map((fault) => `    ${fault}`),
    `    ${valueShown(value)}`,
  ].join("\n");
}

function faultsOf(json: string): readonly string[] {
  let faults: unknown;
  try {
    faults = JSON.parse(json);
  } catch {
    return json === "" ? [] : [json];
  }
  if (!Array.isArray(faults)) return [];
  return faults.map(({ path, found, expected }: Readonly<Record<string, unknown>>) => {
    const place = path ? `${path}: ` : "";
    return `${place}found ${found}, expected ${expected}`;
  });
}

/** Text as text, anything else in hexadecimal. */
function valueShown(value: Buffer | null): string {
  if (value === null) return "(no value)";
  const text = value.toString("utf8");
  const isText = isUtf8(value) && !/[^\P{Cc}\t\n\r]/u.test(text);
  const shown = isText ? text : value.toString("hex");
  return shown.length > maxValueShown ? `${shown.slice(0, maxValueShown)}... (${value.length} bytes)` : shown;
}
