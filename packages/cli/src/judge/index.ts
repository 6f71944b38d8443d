/**
 * The judge of a run: whether anything was lost or came twice, from the topics and tables alone.
 *
 * It shares with the services the files in `schemas/` and nothing else: no package of ours, another Kafka client than
 * theirs by default, the registry's HTTP API, ClickHouse's client. What a definition means it reads from the document
 * itself and answers by scanning all events of a subject, as `language.md` has it, where the engine keeps features
 * and bounds. So a fault has to be made twice, in two ways, to go unnoticed. Two things it takes from the run: when
 * timers had fired before a late event came (from the published changes, each of which it checks), and which events
 * were rejected (each reason is checked).
 *
 * Not judged: the wording of `changesAt`, marks and `historic`; definitions that rest on one that was deleted, and those
 * `filling`; the contents of canonical events against their source records.
 */
import { judgeLogs } from "./judge-logs.ts";
import { readEvidence } from "./read-evidence.ts";
import type { Verdict } from "./verdict.ts";

export type { Verdict } from "./verdict.ts";

export interface JudgeOptions {
  /** `KAFKA_BROKERS`, `SCHEMA_REGISTRY_URL`, `CLICKHOUSE_URL`, and `CLICKHOUSE_DATABASE` (tidemark unless given). */
  readonly env: Readonly<Record<string, string>>;
  /** The instant to judge, in ms. All events have to be drained, and all timers due by then; later ones may go on. */
  readonly asOf: number;
  /** The workspace's IANA zone. */
  readonly zone: string;
  readonly onProgress?: (message: string) => void;
}

/** Reads everything and judges it. Rejects where something cannot be read; what is wrong is in the verdict. */
export async function judge({ env, asOf, zone, onProgress = () => {} }: JudgeOptions): Promise<Verdict> {
  const address = (name: string): string => {
    const given = env[name];
    if (given === undefined || given === "") throw new Error(`${name} is not set`);
    return given;
  };
  const evidence = await readEvidence({
    topics: {
      brokers: address("KAFKA_BROKERS").split(","),
      registryUrl: address("SCHEMA_REGISTRY_URL"),
    },
    tables: { url: address("CLICKHOUSE_URL"), database: env.CLICKHOUSE_DATABASE || "tidemark" },
    onProgress,
  });
  onProgress("folding the log again");
  return judgeLogs(evidence, { asOf, zone, onProgress });
}
