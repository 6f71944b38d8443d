/** Walks from one instant at which something could change to the next. */
import type { FoldEvent } from "../../../src/index.ts";
import { nextCandidate } from "./candidates.ts";
import { latchesAfter, membershipAt } from "./holds.ts";
import { type Knowledge, knowledgeOf } from "./knowledge.ts";
import { latchesOf } from "./references.ts";
import { type Latches, type NaivePlan, type Scene, sceneAt, withMembers } from "./scene.ts";

/** Every membership at an instant, by `kind/id`. */
export function membershipsAt(scene: Scene): ReadonlyMap<string, string> {
  return new Map(
    withMembers(scene.plan).map(({ kind, id }) => [`${kind}/${id}`, membershipAt(scene, kind, id)]),
  );
}

/** With no further event: the scenes after an instant, up to the horizon, in order. `latches` as they stand after it. */
export function* scenesAfter(
  plan: NaivePlan,
  known: Knowledge,
  t: number,
  latches: Latches,
): Generator<Scene> {
  let held = latches;
  let at = nextCandidate(plan, known, t, held);
  for (; at <= plan.horizon; at = nextCandidate(plan, known, at, held)) {
    const scene = sceneAt(plan, known, at, held);
    yield scene;
    held = latchesAfter(scene);
  }
}

/** The first instant after the scene's at which a definition says something else; null where there is none by the horizon. */
export function flipAfter(scene: Scene, kind: "segment" | "classification", id: string): number | null {
  const value = membershipAt(scene, kind, id);
  for (const later of scenesAfter(scene.plan, scene.known, scene.t, latchesAfter(scene)))
    if (membershipAt(later, kind, id) !== value) return later.t;
  return null;
}

/** How many instants at which something could change lie between. */
export function candidatesUpTo(scene: Scene, to: number): number {
  let count = 0;
  for (const { t } of scenesAfter(scene.plan, scene.known, scene.t, latchesAfter(scene))) {
    if (t >= to) break;
    count += 1;
  }
  return count;
}

/**
 * Law E2 by rescan: events in order of time, and the scene at each of their instants and at every instant between and
 * after at which anything could change.
 */
export function* scenesOf(plan: NaivePlan, events: readonly FoldEvent[]): Generator<Scene> {
  let latches: Latches = new Map();
  for (const [index, { occurredAt }] of events.entries()) {
    const next = events[index + 1]?.occurredAt ?? Number.POSITIVE_INFINITY;
    if (next === occurredAt) continue;
    const known = knowledgeOf(events.slice(0, index + 1));
    const scene = sceneAt(plan, known, occurredAt, latches);
    yield scene;
    latches = latchesAfter(scene);
    for (const later of scenesAfter(plan, known, occurredAt, latches)) {
      if (later.t >= next) break;
      yield later;
      latches = latchesAfter(later);
    }
  }
}

/** The last of them up to an instant. Without latches it does not hang on those before. */
export function lastScene(plan: NaivePlan, events: readonly FoldEvent[], t: number): Scene {
  if (latchesOf(plan).length === 0) {
    const known = knowledgeOf(events.filter(({ occurredAt }) => occurredAt <= t));
    return sceneAt(plan, known, t, new Map());
  }
  let last: Scene | undefined;
  for (const scene of scenesOf(plan, events)) {
    if (scene.t > t) break;
    last = scene;
  }
  if (last === undefined) throw new RangeError("nothing has happened by then");
  return last.t === t ? last : sceneAt(plan, last.known, t, latchesAfter(last));
}
