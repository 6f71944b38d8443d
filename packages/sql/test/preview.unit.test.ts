/** Previews of random definitions over random histories, against the stream. */
import { afterAll, describe, expect, it } from "vitest";
import { foretellsLatch, type StateRow, statesQuery } from "../src/index.ts";
import { openArchive } from "./archive.ts";
import { archiveLives, zonesIn } from "./equal.ts";
import { type Scene, sceneOf } from "./random-scene.ts";

const archive = openArchive(true);
afterAll(() => archive.close());

const seed = Number(process.env.PREVIEW_SEED ?? 700_000_001);
/** Of customers these are among the one in 64 that are kept apart. */
const kept = ["c66", "c156", "c171", "c253", "c322", "c376", "c489", "c647", "c849", "c946"];

/** Lives that all count at the last instant, some of them among those kept apart. */
function randomScene(): Scene & { readonly at: number } {
  const scene = sceneOf(seed, { sets: 2, lives: 60, instants: 3 });
  const at = scene.instants.at(-1) ?? 0;
  const lives = scene.lives
    .filter(({ from, records }) => from <= at && records.some(({ occurredAt }) => occurredAt <= at))
    .map((life, index) => ({ ...life, id: kept[index] ?? life.id }));
  return { ...scene, lives, at };
}

const scene = randomScene();
const lives = archiveLives(archive, scene);
const names = scene.definitions
  .filter(({ kind }) => kind === "segment" || kind === "classification")
  .map(({ kind, id }) => `${kind}/${id}`)
  .filter((name) => !foretellsLatch(scene.definitions, name))
  .slice(0, 4);

/** Who has which state, as the stream says. */
function ofStream(name: string, among: ReadonlySet<string>): Record<string, string[]> {
  const states: Record<string, string[]> = {};
  for (const { life, at } of lives) {
    const answer = at.get(scene.at)?.get(name);
    if (answer === undefined || !among.has(life.id)) continue;
    const state = typeof answer === "boolean" ? (answer ? "in" : "") : String(answer);
    states[state] = [...(states[state] ?? []), life.id].sort();
  }
  return states;
}

function rowsOf(name: string, oneOf: number): readonly StateRow[] {
  const query = statesQuery(scene.definitions, scene.subject, name, {
    ...{ zone: scene.zone, at: scene.at, cuts: scene.cuts, customerZones: zonesIn(scene) },
    ...{ live: [], most: 1_000, oneOf, hasMerges: false, settings: { max_threads: 1 } },
  });
  return archive.rows({ ...query, columns: {} }) as unknown as readonly StateRow[];
}

/** Those whose key lies in the lowest part, told by ClickHouse's own function. */
function drawn(oneOf: number): ReadonlySet<string> {
  const ids = lives.map(({ life }) => life.id);
  const rows = archive.rows({
    sql: "SELECT arrayJoin({ids:Array(String)}) AS id, toString(sipHash64({kind:String}, id)) AS key",
    parameters: { ids, kind: scene.subject },
    columns: {},
  });
  const below = 2n ** 64n / BigInt(oneOf);
  return new Set(rows.filter(({ key }) => BigInt(String(key)) < below).map(({ id }) => String(id)));
}

describe(`previews of the scene of seed ${seed}`, { timeout: 300_000 }, () => {
  it.each(names.flatMap((name) => [1, 2, 64].map((oneOf) => [name, oneOf] as const)))(
    "given %s and one subject of %i, then who would have which state is whom the stream says, and all of those drawn",
    (name, oneOf) => {
      const states: Record<string, string[]> = {};
      for (const { state, subjects, sample } of rowsOf(name, oneOf)) {
        expect(sample).toHaveLength(Number(subjects));
        states[state] = [...(states[state] ?? []), ...sample].sort();
      }
      expect(states).toEqual(ofStream(name, drawn(oneOf)));
    },
  );

  it.each(names)("given %s as it is published, then a preview moves nobody", (name) => {
    expect(rowsOf(name, 1).filter(({ state, published }) => state !== published)).toEqual([]);
  });

  it("the scene has subjects among those kept apart, and others", () => {
    expect(scene.subject).toBe("customer");
    expect(drawn(64).size).toBeGreaterThan(5);
    expect(drawn(1).size).toBeGreaterThan(20);
    expect(names.length).toBeGreaterThan(1);
  });
});
