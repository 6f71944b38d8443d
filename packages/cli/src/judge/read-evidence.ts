/** Reads topics and tables so that what comes meanwhile is told from what is missing. */
import type { Evidence } from "./judge-logs.ts";
import { type ArchiveAddress, readArchive } from "./read-archive.ts";
import { isBefore } from "./records.ts";
import { readArchivedEnds, readLogs, type TopicsAddress } from "./topics/read-logs.ts";

export interface EvidenceOptions {
  readonly topics: TopicsAddress;
  readonly tables: ArchiveAddress;
  readonly onProgress: (message: string) => void;
}

/** The tables follow the topics within seconds; what is not there after this will not come, in ms. */
const archiveLagMs = 30_000;
const retryDelayMs = 1_000;

export async function readEvidence({ topics, tables, onProgress }: EvidenceOptions): Promise<Evidence> {
  const ends = await readArchivedEnds(topics);
  const giveUpAt = Date.now() + archiveLagMs;
  for (;;) {
    onProgress("reading the tables");
    const archive = await readArchive(tables);
    onProgress("reading the topics");
    const evidence = { ends, archive, logs: await readLogs(topics) };
    if (!isBehind(evidence) || Date.now() >= giveUpAt) return evidence;
    onProgress("the tables are behind the topics");
    await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
  }
}

/** Whether something that was on the topics before the tables were read is not in the tables. */
export function isBehind({ ends, archive, logs }: Evidence): boolean {
  const events = new Set(archive.events.map(({ partition, offset }) => `${partition}/${offset}`));
  const numbers = new Set(archive.changes.map(({ partition, sequence }) => `${partition}-${sequence}`));
  const rejected = new Set(archive.rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  const isRejectionMissing = logs.rejected.some(
    ({ partition, offset }) =>
      isBefore(ends.customerEvents, partition, offset) && !rejected.has(`${partition}/${offset}`),
  );
  const isEventMissing = [...logs.customerEvents].some(([partition, entries]) =>
    entries.some(
      ({ type, offset }) =>
        type === "event" &&
        isBefore(ends.customerEvents, partition, offset) &&
        !events.has(`${partition}/${offset}`),
    ),
  );
  const isChangeMissing = [...logs.segmentChanges].some(([partition, entries]) =>
    entries.some(
      (entry) =>
        entry.type === "change" &&
        isBefore(ends.segmentChanges, partition, entry.offset) &&
        !numbers.has(`${partition}-${entry.change.sequence}`),
    ),
  );
  return isEventMissing || isChangeMissing || isRejectionMissing;
}
