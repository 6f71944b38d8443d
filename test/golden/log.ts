/** A golden case's events as records of a log, and the orders in which they might come. */
import type { Contribution, FoldEvent, SubjectKind } from "../../packages/core/src/index.ts";
import type { GoldenEvent } from "./golden-case.ts";

export interface LogRecord {
  readonly kind: SubjectKind;
  readonly subject: string;
  /** Its offset is its place in the log, whatever order it comes in. */
  readonly event: FoldEvent;
}

const unitsMs: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Repetitions written out; an event of a customer and a company is one record of each. */
export function logOf(events: readonly GoldenEvent[]): LogRecord[] {
  return events.flatMap(repetitions).flatMap(({ given, at }, offset) => {
    const event = foldEventOf(given, at, offset);
    const { customer, company } = given;
    return [
      ...(customer === undefined ? [] : [{ kind: "customer", subject: customer, event } as const]),
      ...(company === undefined ? [] : [{ kind: "company", subject: company, event } as const]),
    ];
  });
}

interface Occurrence {
  readonly given: GoldenEvent;
  readonly at: number;
}

function repetitions(given: GoldenEvent): Occurrence[] {
  const first = Date.parse(given.at);
  if (given.repeat === undefined) return [{ given, at: first }];
  const { times, every, numbered } = given.repeat;
  const [count = "", unit = ""] = every.split(" ");
  const everyMs = Number(count) * (unitsMs[unit.replace(/s$/, "")] ?? Number.NaN);
  return Array.from({ length: times }, (_, index) => {
    const number = numbered === undefined ? {} : { [numbered]: index + 1 };
    return {
      given: { ...given, properties: { ...given.properties, ...number } },
      at: first + index * everyMs,
    };
  });
}

function foldEventOf(given: GoldenEvent, occurredAt: number, offset: number): FoldEvent {
  const { attributes } = given;
  const plain = { occurredAt, partition: 0, offset, contributions: contributionsOf(given, occurredAt) };
  return attributes === undefined ? plain : { ...plain, attributes };
}

function contributionsOf(given: GoldenEvent, at: number): Contribution[] {
  const { event: name, properties = {}, takeBack, givenAt, instead } = given;
  if (name === undefined) return [];
  if (takeBack === undefined) return [{ name, occurredAt: at, sign: 1, properties, remembered: true }];
  const corrected = { name, occurredAt: givenAt === undefined ? at : Date.parse(givenAt), remembered: false };
  return [
    { ...corrected, sign: -1, properties },
    ...(instead === undefined ? [] : [{ ...corrected, sign: 1 as const, properties: instead }]),
  ];
}

export interface Order {
  readonly name: string;
  readonly records: readonly LogRecord[];
  /** Pack and unpack after every step. */
  readonly packs: boolean;
  /** Let timers fire between events, as where they are live. */
  readonly fires: boolean;
}

export function ordersOf(log: readonly LogRecord[], inOrder: boolean): Order[] {
  const listed = { records: log, fires: false };
  const orders = [
    { ...listed, name: "as listed", packs: false },
    { ...listed, name: "as listed and packed", packs: true },
  ];
  if (inOrder) return [...orders, { ...listed, name: "as listed with timers", packs: true, fires: true }];
  const byTime = [...log].sort(
    ({ event: a }, { event: b }) => a.occurredAt - b.occurredAt || a.offset - b.offset,
  );
  return [
    ...orders,
    { name: "backwards", records: [...log].reverse(), packs: false, fires: false },
    { name: "shuffled and packed", records: shuffled(log), packs: true, fires: false },
    { name: "by time, packed, with timers", records: byTime, packs: true, fires: true },
  ];
}

/** Always the same shuffle: Fisher and Yates with the generator of Numerical Recipes. */
function shuffled(log: readonly LogRecord[]): LogRecord[] {
  const result = [...log];
  let seed = 20_260_105;
  for (let last = result.length - 1; last > 0; last -= 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const place = Math.floor((seed / 2 ** 32) * (last + 1));
    [result[last], result[place]] = [result[place]!, result[last]!];
  }
  return result;
}
