import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latchesAfter } from "./support/naive/holds.ts";
import { type Scene, sceneAt } from "./support/naive/scene.ts";
import { membershipsAt, scenesOf } from "./support/naive/walk.ts";
import { definitions, end, naivePlanOf, planOf } from "./support/random-definitions.ts";
import { day, history } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

/** In the middle between two instants, and just before the second. */
const between = ({ t }: Scene, next: number): number[] =>
  next - t < 2 ? [] : [t + Math.floor((next - t) / 2), next - 1];

describe("the naive scan", () => {
  it("given two neighbours of the instants at which it looks, then nothing changes between them", () => {
    holdsAlways(
      fc.property(definitions, history, (given, events) => {
        const scenes = [...scenesOf(naivePlanOf(given, planOf(given)), events)];
        for (const [index, scene] of scenes.entries()) {
          const next = scenes[index + 1]?.t ?? end + day;
          for (const t of between(scene, next))
            expect(membershipsAt(sceneAt(scene.plan, scene.known, t, latchesAfter(scene)))).toEqual(
              membershipsAt(scene),
            );
        }
      }),
      40,
    );
  });
});
