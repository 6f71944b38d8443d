/**
 * Is it right? Everybody's published memberships at a mark against SQL over the archived events. Who differs is asked
 * again at a second mark: what differs only once was still on its way.
 */
import type { Cuts, Definition } from "@tidemark/core";
import type { Logger, Warehouse } from "@tidemark/runtime";
import { compareAtMark, type Difference, type Evidence, evidenceOf } from "./compare.ts";
import { answeredMark, type Mark, type MarkPorts } from "./mark.ts";

export interface AuditPorts extends MarkPorts {
  readonly logger: Logger;
  readonly openWarehouse: () => Promise<Warehouse>;
  /** Those in force, and `kind/id` of those that are not yet, with all that rest on them. */
  readonly definitions: () => { readonly parsed: readonly Definition[]; readonly waiting: readonly string[] };
  readonly cuts: () => Promise<Cuts>;
  /** Is told of each audit that is over. */
  readonly observe: (audit: AuditOver) => void;
}

export interface AuditOptions {
  readonly partitions: number;
  /** IANA. */
  readonly zone: string;
  /** How long a mark may wait for its answer, in ms. */
  readonly waitMs: number;
}

export interface AuditOver {
  readonly state: "done";
  readonly startedAt: string;
  readonly seconds: number;
  /** The instant of the mark. */
  readonly at: string;
  readonly definitions: readonly string[];
  /** Not in force everywhere yet, or foretold: not compared. */
  readonly skipped: readonly string[];
  readonly subjects: number;
  /** Subjects times definitions. */
  readonly compared: number;
  /** Subjects that differ. */
  readonly differences: number;
  /** Subjects that differed at the first mark only. */
  readonly passing: number;
  /** Of at most 50 differences. */
  readonly found: readonly (Difference & { readonly evidence: Evidence })[];
}

export type AuditShown =
  | { readonly state: "none" }
  | { readonly state: "running"; readonly startedAt: string }
  | { readonly state: "failed"; readonly startedAt: string; readonly reason: string }
  | AuditOver;

export interface Audit {
  /** Begins one, unless one is under way. */
  begin(): AuditShown;
  /** The one under way, or the last one. */
  show(): AuditShown;
}

const mostShown = 50;

export function createAudit(ports: AuditPorts, options: AuditOptions): Audit {
  const { clock, logger, observe } = ports;
  let shown: AuditShown = { state: "none" };
  const run = async (startedAt: string): Promise<void> => {
    try {
      const over = await audit(ports, options, startedAt);
      shown = over;
      observe(over);
      const { found: _, definitions, ...told } = over;
      if (over.differences > 0)
        logger.error({ ...told, definitions: definitions.length }, "an audit found differences");
      else logger.info({ ...told, definitions: definitions.length }, "an audit found no difference");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ err: error }, "an audit could not be done");
      shown = { state: "failed", startedAt, reason };
    }
  };
  return {
    begin() {
      if (shown.state === "running") return shown;
      const startedAt = new Date(clock.now()).toISOString();
      shown = { state: "running", startedAt };
      void run(startedAt);
      return shown;
    },
    show: () => shown,
  };
}

async function audit(ports: AuditPorts, options: AuditOptions, startedAt: string): Promise<AuditOver> {
  const warehouse = await ports.openWarehouse();
  const from = ports.clock.elapsedMs();
  const look = async () => {
    const { parsed, waiting } = ports.definitions();
    const audited = {
      definitions: parsed.filter(({ kind, id }) => !waiting.includes(`${kind}/${id}`)),
      cuts: await ports.cuts(),
      zone: options.zone,
    };
    const mark = await answeredMark(ports, options.partitions, options.waitMs);
    return { mark, parsed, ...(await compareAtMark(warehouse, audited, mark)) };
  };
  let last = await look();
  let passing = 0;
  if (last.differing > 0) {
    const first = new Set(last.differences.map(placeOf));
    const before = last.differing;
    const again = await look();
    const isWhole = before <= new Set(last.differences.map(subjectOf)).size;
    // Beyond what was looked into all that differ again stand.
    const differences = isWhole
      ? again.differences.filter((one) => first.has(placeOf(one)))
      : again.differences;
    const differing = isWhole ? new Set(differences.map(subjectOf)).size : again.differing;
    passing = Math.max(0, before - differing);
    last = { ...again, differences, differing };
  }
  const found: (Difference & { evidence: Evidence })[] = [];
  for (const difference of last.differences.slice(0, mostShown))
    found.push({ ...difference, evidence: await evidenceOf(warehouse, last.mark, difference) });
  const names = new Set(last.names);
  return {
    state: "done",
    startedAt,
    seconds: (ports.clock.elapsedMs() - from) / 1_000,
    at: atOf(last.mark),
    definitions: last.names,
    skipped: last.parsed
      .filter(({ kind }) => kind === "segment" || kind === "classification")
      .map(({ kind, id }) => `${kind}/${id}`)
      .filter((name) => !names.has(name)),
    subjects: last.subjects,
    compared: last.answers,
    differences: last.differing,
    passing,
    found,
  };
}

const atOf = ({ at }: Mark): string => new Date(at).toISOString();
const subjectOf = ({ kind, subject }: Difference): string => `${kind}:${subject}`;
const placeOf = (difference: Difference): string => `${subjectOf(difference)} ${difference.definition}`;
