/**
 * How many would that be? Definitions that are not written yet, answered from the archive as of any instant: an estimate
 * from a sample of the subjects, or the exact answer.
 */
import { buildPlan, type Cuts, type Definition, withNamed } from "@tidemark/core";
import type { Clock, Warehouse } from "@tidemark/runtime";
import {
  foretellsLatch,
  type NumbersRow,
  numbersQuery,
  type PreviewOptions as QueryOptions,
  type StateRow,
  statesQuery,
} from "@tidemark/sql";
import { nameOf } from "../catalogue.ts";
import { refuse } from "../problem.ts";
import type { Upstream } from "../upstream.ts";
import { baseOf, categoriesOf, type Extent, membersOf, numbersOf, type Previewed } from "./answers.ts";
import { hadMerges, oneOfFor, zonesOf } from "./archive.ts";
import { type QueryBounds, settingsOf } from "./bounds.ts";

export interface PreviewPorts {
  readonly openWarehouse: () => Promise<Warehouse>;
  readonly clickHouse: Upstream;
  readonly clock: Pick<Clock, "now" | "elapsedMs">;
  /** Those in force. */
  readonly cuts: () => Promise<Cuts>;
}

export interface PreviewBounds extends QueryBounds {
  /** IANA. */
  readonly zone: string;
  /** Subjects that an estimate looks at, at most. */
  readonly sampleSubjects: number;
  /** Previews under way. */
  readonly atOnce: number;
}

interface PreviewAsked {
  /** `kind/id` of those that are asked about. */
  readonly names: readonly string[];
  /** With these, all that they refer to. */
  readonly definitions: readonly Definition[];
  /** Segments and classifications that are published. */
  readonly live: readonly Definition[];
  /** ms; now where it is left out. */
  readonly at?: number;
  readonly isExact: boolean;
  /** In place of the bound. */
  readonly sampleSubjects?: number;
  /** Ids in each list at most. */
  readonly members: number;
}

export interface PreviewShown {
  readonly asOf: string;
  readonly mode: "estimate" | "exact";
  /** The share of the subjects that was looked at. */
  readonly fraction: number;
  readonly seconds: number;
  readonly previews: readonly Previewed[];
}

export interface Preview {
  /** Refuses with 503 where ClickHouse does not answer, or not in time. */
  ask(asked: PreviewAsked): Promise<PreviewShown>;
}

/** Definitions of one request that are answered. */
const mostPreviews = 20;

export function createPreview(ports: PreviewPorts, bounds: PreviewBounds): Preview {
  const { openWarehouse, clickHouse, clock, cuts } = ports;
  let underWay = 0;
  return {
    async ask(asked) {
      if (underWay >= bounds.atOnce)
        refuse("unavailable", `${underWay} previews are under way, as many as may be at once. Try again.`);
      if (asked.names.length > mostPreviews)
        refuse(
          "wrong-request",
          `There are ${asked.names.length} definitions; ${mostPreviews} are answered at once.`,
        );
      underWay += 1;
      try {
        return await answer(asked);
      } finally {
        underWay -= 1;
      }
    },
  };

  async function answer(asked: PreviewAsked): Promise<PreviewShown> {
    const begun = clock.elapsedMs();
    const at = asked.at ?? clock.now();
    const inForce = await cuts();
    return clickHouse(async () => {
      const warehouse = bounded(await openWarehouse());
      const merges = await hadMerges(warehouse);
      const previews: Previewed[] = [];
      let oneOf = 1;
      for (const name of asked.names) {
        const definition = asked.definitions.find((one) => nameOf(one) === name);
        if (definition === undefined) throw new TypeError(`no definition ${name}`);
        const below = withNamed(asked.definitions, [name]);
        const notes = notesOf(asked.definitions, below, definition, inForce);
        if (!isAnswered(definition) || foretellsLatch(below, name)) {
          previews.push({ kind: definition.kind, id: definition.id, name: definition.name, notes });
          continue;
        }
        if (!asked.isExact)
          oneOf = await oneOfFor(
            warehouse,
            definition.subject,
            asked.sampleSubjects ?? bounds.sampleSubjects,
            asked.sampleSubjects !== undefined,
          );
        const options: QueryOptions = {
          at,
          oneOf,
          hasMerges: merges.has(definition.subject),
          zone: bounds.zone,
          cuts: inForce,
          customerZones: needsZones(below) ? await zonesOf(warehouse, definition.subject) : [],
          live: liveStates(asked.live, definition),
          most: asked.members,
          settings: settingsOf(bounds),
        };
        const answer = await answerOf(warehouse, asked, below, definition, options);
        previews.push({
          kind: definition.kind,
          id: definition.id,
          name: definition.name,
          notes,
          ...answer,
        });
      }
      return {
        asOf: new Date(at).toISOString(),
        mode: oneOf === 1 ? "exact" : "estimate",
        fraction: 1 / oneOf,
        seconds: (clock.elapsedMs() - begun) / 1_000,
        previews,
      };
    });
  }
}

/** What passes a bound is told as such. */
function bounded(warehouse: Warehouse): Pick<Warehouse, "query"> {
  return {
    async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) {
      try {
        return await warehouse.query<Row>(sql, parameters);
      } catch (error) {
        const message = String(error);
        if (/MEMORY_LIMIT_EXCEEDED/.test(message))
          return refuse(
            "unavailable",
            `It takes more memory than API_PREVIEW_MEMORY_BYTES allows. ${advice}`,
          );
        if (/TIMEOUT_EXCEEDED/.test(message))
          return refuse("unavailable", `It takes longer than API_PREVIEW_MS. ${advice}`);
        throw error;
      }
    },
  };
}

const advice = "Ask for an estimate, or look at fewer with `sample`.";

type Answered = Exclude<Definition, { readonly kind: "automation" | "list" }>;

function isAnswered(definition: Definition): definition is Answered {
  return definition.kind !== "automation" && definition.kind !== "list";
}

async function answerOf(
  warehouse: Pick<Warehouse, "query">,
  { live, members }: PreviewAsked,
  below: readonly Definition[],
  definition: Answered,
  options: QueryOptions,
): Promise<Omit<Previewed, "kind" | "id" | "name" | "notes">> {
  const name = nameOf(definition);
  const extent: Extent = {
    fraction: 1 / (options.oneOf ?? 1),
    isLive: live.some((one) => nameOf(one) === name),
    live: options.live,
    members,
  };
  if (definition.kind === "metric" || definition.kind === "engagement") {
    const { sql, parameters } = numbersQuery(below, definition.subject, name, options);
    const [row] = await warehouse.query<NumbersRow>(sql, parameters);
    if (row === undefined) throw new Error("a preview has no row");
    return { base: baseOf(row.subjects, extent), distribution: numbersOf(row, extent) };
  }
  const { sql, parameters } = statesQuery(below, definition.subject, name, options);
  const rows = await warehouse.query<StateRow>(sql, parameters);
  const base = baseOf(
    rows.reduce((sum, { subjects }) => sum + subjects, 0),
    extent,
  );
  if (definition.kind === "segment") return { base, ...membersOf(rows, extent) };
  return { base, ...categoriesOf(rows, extent) };
}

/** Segments and categories that others share members with; of the same kind of subject. */
function liveStates(live: readonly Definition[], asked: Answered): string[] {
  if (asked.kind !== "segment") return [];
  return live.flatMap((one) => {
    if (nameOf(one) === nameOf(asked)) return [];
    if (one.kind === "segment") return one.subject === asked.subject ? [`${nameOf(one)}/in`] : [];
    if (one.kind !== "classification" || one.subject !== asked.subject) return [];
    return [...one.categories.map(({ id }) => id), one.otherwise].map((id) => `${nameOf(one)}/${id}`);
  });
}

function needsZones(definitions: readonly Definition[]): boolean {
  return JSON.stringify(definitions).includes('"zone":"customer"');
}

/** What a reader of the answer should know. */
function notesOf(
  all: readonly Definition[],
  below: readonly Definition[],
  definition: Definition,
  cuts: Cuts,
): string[] {
  const name = nameOf(definition);
  if (!isAnswered(definition)) return [`A ${definition.kind} has no members of its own to be told ahead.`];
  if (foretellsLatch(all, name))
    return [
      "It asks who will still be in a segment that holds on to its members (`lapsing` of one with `stay` or `leave`): only the stream can tell. Write it to see.",
    ];
  const notes: string[] = [];
  for (const one of below) {
    if (one.kind !== "segment" || (one.leave === undefined && one.stayMs === undefined)) continue;
    notes.push(
      one === definition
        ? "It holds on to its members, so it hangs on what was before: told are those who would enter now, and of those who are published the ones who would not leave."
        : `${nameOf(one)} holds on to its members: who is published in it counts as in it.`,
    );
  }
  const inputs = below.map((one) => ({ definition: one, version: 1, filling: false }));
  for (const { key } of buildPlan(inputs, { zone: "UTC", forecasts: false }).cutRequests)
    if (!Object.hasOwn(cuts, key))
      notes.push(`No cut points are in force for ${key}: what asks for them holds for nobody.`);
  return notes;
}
