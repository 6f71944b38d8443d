/** Golden cases asked of the SQL, many in one query. */
import type { Expectation, GoldenCase } from "../../../test/golden/golden-case.ts";
import { logOf, ordersOf } from "../../../test/golden/log.ts";
import { seenAt } from "../../../test/golden/seen.ts";
import {
  buildPlan,
  type Cuts,
  cutPoints,
  type Definition,
  fromUnits,
  parseDefinitions,
  populationValue,
  type SubjectKind,
} from "../../core/src/index.ts";
import { compileQuery, type Query } from "../src/index.ts";
import type { Archive } from "./archive.ts";
import { renamed, renamedCuts } from "./batch.ts";
import { eventRows } from "./golden-archive.ts";

export interface Answered {
  readonly name: string;
  readonly expectation: Expectation;
  readonly answer: object;
}

interface Asked {
  readonly golden: GoldenCase;
  readonly subject: SubjectKind;
  readonly at: number;
  readonly expectation: Expectation;
  /** `kind/id`, as the case says, and as the query does. */
  readonly name: string;
  readonly wanted: string;
  readonly prefix: string;
}

/** What the query says to each expectation of each case. \`told\` hears of every query. */
export function answersInSql(
  archive: Archive,
  cases: readonly GoldenCase[],
  told: (query: Query) => void = () => {},
): Map<GoldenCase, Answered[]> {
  const answers = new Map<GoldenCase, Answered[]>(cases.map((golden) => [golden, []]));
  for (const together of batches(cases)) {
    const zone = together[0]?.golden.zone ?? "UTC";
    archive.fill({ customer_events: together.flatMap(({ golden, prefix }) => eventRows(golden, prefix)) });
    const definitions: Definition[] = [];
    let cuts: Cuts = {};
    const asked: Asked[] = [];
    for (const { golden, prefix } of together) {
      const parsed = parseDefinitions(golden.definitions).definitions;
      const instants = new Set<number>();
      const cutsOf = new Map<number, Cuts | null>();
      for (const expectation of golden.expect) {
        const name = nameOf(expectation);
        const definition = parsed.find(({ kind, id }) => `${kind}/${id}` === name);
        if (definition === undefined || definition.kind === "automation" || restsOnLatch(parsed, name))
          continue;
        const at = Date.parse(expectation.at);
        // Cuts are those of an instant: definitions that ask for them are asked of each instant by themselves.
        let cut = cutsOf.get(at);
        if (cut === undefined) {
          cut = cutsAt(golden, parsed, at);
          cutsOf.set(at, cut);
        }
        const own = `${prefix}${cut === null ? "" : `${at}-`}`;
        if (cut !== null) cuts = { ...cuts, ...renamedCuts(cut, own) };
        if (!instants.has(cut === null ? 0 : at)) definitions.push(...renamed(parsed, own));
        instants.add(cut === null ? 0 : at);
        const wanted = `${definition.kind}/${own}${definition.id}`;
        asked.push({ golden, subject: definition.subject, at, expectation, name, wanted, prefix });
      }
    }
    for (const [subject, ofKind] of Map.groupBy(asked, (one) => one.subject)) {
      const query = compileQuery(definitions, subject, [...new Set(ofKind.map(({ wanted }) => wanted))], {
        zone,
        asOf: [...new Set(ofKind.map(({ at }) => at))],
        cuts,
        customerZones: [...new Set(together.flatMap(({ golden }) => zonesIn(golden)))],
      });
      told(query);
      const rows = Map.groupBy(archive.rows(query), (row) => String(row.as_of));
      for (const { golden, at, expectation, name, wanted, prefix } of ofKind) {
        const column = query.columns[wanted] ?? "";
        const found = new Map<string, unknown>();
        for (const row of rows.get(textOf(at)) ?? [])
          if (String(row.subject).startsWith(prefix))
            found.set(String(row.subject).slice(prefix.length), row[column]);
        answers.get(golden)?.push({
          name: `${name} at ${expectation.at}`,
          expectation: plain(expectation),
          answer: answerOf(expectation, found),
        });
      }
    }
  }
  return answers;
}

/** A split hangs on the subject's own name: such a case stands alone. */
function batches(cases: readonly GoldenCase[]): { golden: GoldenCase; prefix: string }[][] {
  const isAlone = (golden: GoldenCase): boolean => JSON.stringify(golden.definitions).includes('"split"');
  const alone = cases.filter(isAlone).map((golden) => [{ golden, prefix: "" }]);
  const others = cases.filter((golden) => !isAlone(golden));
  const byZone = Map.groupBy(others, ({ zone = "UTC" }) => zone);
  return [
    ...alone,
    ...[...byZone.values()].map((same) => same.map((golden, place) => ({ golden, prefix: `c${place}-` }))),
  ];
}

function nameOf(expectation: Expectation): string {
  for (const kind of ["segment", "classification", "metric", "engagement", "scoring"] as const)
    if (kind in expectation) return `${kind}/${(expectation as unknown as Record<string, string>)[kind]}`;
  throw new Error("an expectation about nothing");
}

/** Without what only the stream foretells. */
function plain(expectation: Expectation): Expectation {
  const { changesAt: _, ...rest } = expectation as Expectation & { changesAt?: unknown };
  return rest as Expectation;
}

function answerOf(expectation: Expectation, found: ReadonlyMap<string, unknown>): object {
  const { at } = expectation;
  if ("segment" in expectation) {
    const members = [...found]
      .filter(([, value]) => value === 1 || value === true)
      .map(([subject]) => subject);
    const order = expectation.members;
    members.sort((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1));
    return { at, segment: expectation.segment, members };
  }
  if ("classification" in expectation)
    return { at, classification: expectation.classification, categories: Object.fromEntries(found) };
  if ("scoring" in expectation) {
    const scores = Object.entries(expectation.scores).map(([subject, wanted]) => {
      const [recency, frequency, monetary, total, code] = (found.get(subject) as unknown[]).map((one) =>
        one === null ? null : Number(one),
      );
      const all: Record<string, unknown> = { recency, frequency, monetary, total, code };
      return [subject, Object.fromEntries(Object.keys(wanted).map((part) => [part, all[part]]))];
    });
    return { at, scoring: expectation.scoring, scores: Object.fromEntries(scores) };
  }
  const values = Object.fromEntries(
    Object.keys(expectation.values).map((subject) => {
      const units = found.get(subject);
      return [subject, units === null || units === undefined ? units : fromUnits(Number(units))];
    }),
  );
  return "metric" in expectation
    ? { at, metric: expectation.metric, values }
    : { at, engagement: expectation.engagement, values };
}

/** Cuts are the population's, published by the stream; null where no definition needs them. */
function cutsAt(golden: GoldenCase, definitions: readonly Definition[], at: number): Cuts | null {
  const zone = golden.zone ?? "UTC";
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const plan = buildPlan(inputs, { zone });
  if (plan.cutRequests.length === 0) return null;
  const [order] = ordersOf(logOf(golden.events), true);
  if (order === undefined) return null;
  const sight = seenAt(definitions, zone, order, at);
  const cuts: Record<string, readonly number[]> = {};
  for (const { key, subject, shares } of plan.cutRequests) {
    const values = sight.subjects
      .filter(({ kind }) => kind === subject)
      .map(({ state }) => populationValue(sight.plan, state, key, at))
      .filter((value) => value !== undefined);
    if (values.length > 0) cuts[key] = cutPoints(values, shares);
  }
  return cuts;
}

function zonesIn({ events }: GoldenCase): string[] {
  return events.map(({ attributes }) => attributes?.zone).filter((zone) => typeof zone === "string");
}

/** Whether an answer hangs on a segment that holds on to its members. */
export function restsOnLatch(definitions: readonly Definition[], name: string): boolean {
  const definition = definitions.find(({ kind, id }) => `${kind}/${id}` === name);
  if (definition === undefined) return false;
  if (definition.kind === "segment" && (definition.leave !== undefined || definition.stayMs !== undefined))
    return true;
  const named = [...JSON.stringify(definition).matchAll(/"(segment|classification)":"([^"]+)"/g)];
  return named.some(([, kind, id]) => `${kind}/${id}` !== name && restsOnLatch(definitions, `${kind}/${id}`));
}

/** As ClickHouse writes an instant. */
function textOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 23);
}
