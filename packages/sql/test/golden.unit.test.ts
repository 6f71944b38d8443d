/** The golden cases of the language, asked of the SQL. What holds on to its members is the stream's to say. */
import { describe, expect, it } from "vitest";
import { type Expectation, type GoldenCase, goldenFiles } from "../../../test/golden/golden-case.ts";
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
} from "../../core/src/index.ts";
import { compileQuery } from "../src/index.ts";
import { openArchive } from "./golden-archive.ts";

const archive = openArchive();

for (const { name, content } of goldenFiles())
  describe(`golden cases in SQL: ${name}`, () => {
    for (const golden of content.cases)
      it(`given ${golden.name}, then the query answers what was worked out by hand`, () => check(golden));
  });

function check(golden: GoldenCase): void {
  const { definitions } = parseDefinitions(golden.definitions);
  archive.fill(golden);
  const asked = golden.expect.flatMap((expectation) => {
    const { kind, id } = askedFor(expectation);
    const name = `${kind}/${id}`;
    const definition = definitions.find((one) => one.kind === kind && one.id === id);
    if (definition === undefined || definition.kind === "automation" || restsOnLatch(definitions, name))
      return [];
    return [{ expectation, name, subject: definition.subject }];
  });
  // Everything that is asked of one instant and one kind of subject, at once.
  for (const together of Map.groupBy(
    asked,
    ({ expectation, subject }) => `${subject} ${expectation.at}`,
  ).values()) {
    const at = Date.parse(together[0]!.expectation.at);
    const names = [...new Set(together.map(({ name }) => name))];
    const query = compileQuery(definitions, together[0]!.subject, names, {
      zone: golden.zone ?? "UTC",
      asOf: at,
      cuts: cutsAt(golden, definitions, at),
      customerZones: zonesIn(golden),
    });
    const rows = archive.rows(query);
    for (const { expectation, name } of together) {
      const bySubject = new Map(rows.map((row) => [String(row.subject), row[query.columns[name] ?? ""]]));
      expect
        .soft(answerOf(expectation, bySubject), `${name} at ${expectation.at}`)
        .toEqual(plain(expectation));
    }
  }
}

function askedFor(expectation: Expectation): { readonly kind: Definition["kind"]; readonly id: string } {
  for (const kind of ["segment", "classification", "metric", "engagement", "scoring"] as const)
    if (kind in expectation) return { kind, id: (expectation as unknown as Record<string, string>)[kind]! };
  throw new Error("an expectation about nothing");
}

/** Without what only the stream foretells. */
function plain(expectation: Expectation): object {
  const { changesAt: _, ...rest } = expectation as Expectation & { changesAt?: unknown };
  return rest;
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

/** Cuts are the population's, published by the stream. */
function cutsAt(golden: GoldenCase, definitions: readonly Definition[], at: number): Cuts {
  const zone = golden.zone ?? "UTC";
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const plan = buildPlan(inputs, { zone });
  if (plan.cutRequests.length === 0) return {};
  const [order] = ordersOf(logOf(golden.events), true);
  const sight = seenAt(definitions, zone, order!, at);
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
  const zones = events.map(({ attributes }) => attributes?.zone).filter((zone) => typeof zone === "string");
  return [...new Set(zones)];
}

/** Whether an answer hangs on a segment that holds on to its members. */
function restsOnLatch(definitions: readonly Definition[], name: string): boolean {
  const definition = definitions.find(({ kind, id }) => `${kind}/${id}` === name);
  if (definition === undefined) return false;
  if (definition.kind === "segment" && (definition.leave !== undefined || definition.stayMs !== undefined))
    return true;
  const named = [...JSON.stringify(definition).matchAll(/"(segment|classification)":"([^"]+)"/g)];
  return named.some(([, kind, id]) => `${kind}/${id}` !== name && restsOnLatch(definitions, `${kind}/${id}`));
}
