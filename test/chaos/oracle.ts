/**
 * What was lost and what came twice, told from the topics, the tables and the webhooks that arrived, against what was
 * sent. It knows the laws of `docs/automations.md` and nothing of how the services keep them.
 */
import { type Fence, type SegmentChange, topicNames } from "@tidemark/contracts";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import { bruteForce, type Members } from "../e2e/brute-force.ts";
import type { ChaosProduct } from "./product.ts";

/** What of the product is looked at. */
type OracleProduct = Pick<ChaosProduct, "log" | "codec" | "warehouse" | "receiver">;

export interface Finding {
  readonly lost: number;
  readonly repeated: number;
  /** Webhooks that came again under the id they had: a receiver drops them. */
  readonly again: number;
  /** The first findings, a sentence each. */
  readonly details: readonly string[];
}

export interface Oracle {
  /** Everything has to be drained up to `asOf`, in ms. Tells what was not there at the look before. */
  look(sent: SourceEvents, asOf: number): Promise<Finding>;
}

/** Which segments' entries set off which automation of packs/demo. */
const automations: Readonly<Record<string, string>> = {
  "lapsed-big-spender": "win-back",
  unhappy: "call-the-unhappy",
  "plan-ends-soon": "renewal-reminder",
};

interface Line {
  offset: number;
  epoch: number;
  sequence: number;
}

const mostDetails = 12;

export function createOracle(product: OracleProduct): Oracle {
  const { log, codec, warehouse, receiver } = product;
  const lines: Line[] = [];
  /** What each change said, by its id. */
  const said = new Map<string, string>();
  /** Where each subject stands in each definition. */
  const standing = new Map<string, string>();
  const expectedWebhooks = new Set<string>();
  /** What was told already. */
  const told = { lost: 0, repeated: 0, again: 0 };
  /** What the topic itself lacks or has twice. */
  let topicLost = 0;
  let topicRepeated = 0;

  /** Follows `segment-changes` as a consumer does: each number once, nothing of an owner that was shut out. */
  async function follow(details: string[]): Promise<void> {
    const ends = await log.endOffsets(topicNames.segmentChanges);
    for (const [partition, end] of ends.entries()) {
      const line = lines[partition] ?? { offset: 0, epoch: 0, sequence: 0 };
      lines[partition] = line;
      for await (const records of log.read(topicNames.segmentChanges, partition, line.offset, end)) {
        for (const { offset, value } of records) {
          line.offset = offset + 1;
          if (value === null) continue;
          const { type, value: decoded } = await codec.decode(value);
          if (type === "tidemark.changes.Fence") line.epoch = Math.max(line.epoch, (decoded as Fence).epoch);
          else take(partition, line, decoded as SegmentChange, details);
        }
      }
    }
  }

  function take(partition: number, line: Line, change: SegmentChange, details: string[]): void {
    if (change.epoch < line.epoch) return;
    const what = `${change.subjectKind}:${change.subject} ${change.definition} ${change.from} -> ${change.to}`;
    if (change.sequence <= line.sequence) {
      // Sent again after an answer was lost: the number says so, as long as it says the same.
      if (said.get(change.changeId) === what) return;
      topicLost += 1;
      details.push(`change ${change.changeId} says "${what}" and before "${said.get(change.changeId)}"`);
      return;
    }
    if (change.sequence !== line.sequence + 1) {
      topicLost += change.sequence - line.sequence - 1;
      details.push(`partition ${partition}: change ${change.sequence} follows ${line.sequence}`);
    }
    line.sequence = change.sequence;
    said.set(change.changeId, what);
    const key = `${change.subjectKind}:${change.subject}|${change.definitionKind}/${change.definition}`;
    const before = standing.get(key) ?? (change.definitionKind === "segment" ? "out" : null);
    if (change.to === before) {
      topicRepeated += 1;
      details.push(`change ${change.changeId}: ${what}, where it stood already`);
    } else if ((change.from ?? null) !== before && !(change.from === null && before === "out")) {
      topicLost += 1;
      details.push(`change ${change.changeId}: ${what}, but it stood at ${before}`);
    }
    standing.set(key, change.to);
    const automation = automations[change.definition];
    if (automation && change.to === "in" && !change.historic)
      expectedWebhooks.add(`${change.changeId}/${automation}/0`);
  }

  async function compareTables(sent: SourceEvents, details: string[]) {
    let lost = 0;
    let repeated = 0;
    const count = (what: string, expected: number, rows: number, distinct: number): void => {
      lost += Math.max(expected - distinct, 0);
      repeated += rows - distinct + Math.max(distinct - expected, 0);
      if (expected !== distinct || rows !== distinct)
        details.push(`${what}: ${expected} expected, ${rows} rows, ${distinct} of them distinct`);
    };
    const ask = async (sql: string): Promise<{ readonly total: number; readonly distinct: number }> => {
      const [row] = await warehouse.query<{ total: number; distinct: number }>(sql);
      return row ?? { total: 0, distinct: 0 };
    };
    const changes = await ask(
      "SELECT count() AS total, uniqExact(kafka_partition, sequence) AS distinct FROM segment_changes",
    );
    const standingChanges = lines.reduce((sum, { sequence }) => sum + sequence, 0);
    count("changes in ClickHouse", standingChanges, changes.total, changes.distinct);
    const admitted = await ask(
      `SELECT count() AS total, uniqExact(source_id, source_partition, source_offset, ordinal, subject_kind) AS distinct
       FROM admitted_events`,
    );
    count("admitted events", canonicalCount(sent), admitted.total, admitted.distinct);
    const archived = await ask(
      `SELECT count() AS total, uniqExact(kafka_partition, offset) AS distinct FROM (
         SELECT kafka_partition, offset FROM customer_events
         UNION ALL SELECT kafka_partition, offset FROM control_records WHERE topic = 'customer-events')`,
    );
    // Clocks may have come since: what is there once is well.
    count("rows of customer-events", archived.distinct, archived.total, archived.distinct);
    return { lost, repeated };
  }

  function compareWebhooks(details: string[]) {
    let lost = 0;
    let repeated = 0;
    let again = 0;
    for (const id of expectedWebhooks) {
      if (receiver.counts.has(id)) continue;
      lost += 1;
      details.push(`webhook ${id} did not come`);
    }
    for (const [id, times] of receiver.counts) {
      again += times - 1;
      if (expectedWebhooks.has(id)) continue;
      repeated += 1;
      details.push(`webhook ${id} came for a change that does not stand`);
    }
    return { lost, repeated, again };
  }

  async function compareMembers(sent: SourceEvents, asOf: number, details: string[]) {
    const expected = bruteForce(sent, asOf);
    let lost = 0;
    let repeated = 0;
    for (const [kind, members] of [
      ["customer", expected.customers],
      ["company", expected.companies],
    ] as const) {
      const found = await membersOf(product, kind, asOf);
      for (const name of new Set([...members.keys(), ...found.keys()])) {
        const missing = [...(members.get(name) ?? [])].filter((id) => !found.get(name)?.has(id));
        const tooMany = [...(found.get(name) ?? [])].filter((id) => !members.get(name)?.has(id));
        lost += missing.length;
        repeated += tooMany.length;
        if (missing.length + tooMany.length > 0)
          details.push(`${kind} ${name}: ${missing.slice(0, 3)} missing, ${tooMany.slice(0, 3)} too many`);
      }
    }
    return { lost, repeated };
  }

  return {
    async look(sent, asOf) {
      const details: string[] = [];
      await follow(details);
      const tables = await compareTables(sent, details);
      const webhooks = compareWebhooks(details);
      const members = await compareMembers(sent, asOf, details);
      const all = {
        lost: topicLost + tables.lost + webhooks.lost + members.lost,
        repeated: topicRepeated + tables.repeated + webhooks.repeated + members.repeated,
        again: webhooks.again,
      };
      const fresh = {
        lost: Math.max(all.lost - told.lost, 0),
        repeated: Math.max(all.repeated - told.repeated, 0),
        again: all.again - told.again,
      };
      Object.assign(told, all);
      return { ...fresh, details: details.slice(0, mostDetails) };
    },
  };
}

/** An order that names a company too is an event for each. */
function canonicalCount(sent: SourceEvents): number {
  return [...sent.orders, ...sent.interactions, ...sent.lifecycle].reduce(
    (sum, { customerId, companyId }) => sum + Number(customerId !== null) + Number(companyId !== null),
    0,
  );
}

async function membersOf({ warehouse }: OracleProduct, kind: string, asOf: number): Promise<Members> {
  const rows = await warehouse.query<{ name: string; subjects: string[] }>(
    `SELECT if(definition_kind = 'segment', definition, concat(definition, ':', state)) AS name,
            groupArray(subject) AS subjects
     FROM (
       SELECT definition_kind, definition, subject, toString(argMax(to_state, sequence)) AS state
       FROM segment_changes
       WHERE subject_kind = {kind:String} AND effective_at <= fromUnixTimestamp64Milli({asOf:Int64})
       GROUP BY definition_kind, definition, subject
     )
     WHERE NOT (definition_kind = 'segment' AND state = 'out')
     GROUP BY name`,
    { kind, asOf },
  );
  return new Map(rows.map(({ name, subjects }) => [name, new Set(subjects)]));
}
