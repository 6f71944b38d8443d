import { expect, it } from "vitest";
import { loopTurns } from "../src/loop-turns.ts";

/** Three who ask at once, each busy for so long; what the loop does otherwise is seen as "loop". */
async function threeBusyFor(ms: number): Promise<readonly string[]> {
  let now = 0;
  const turn = loopTurns(10, () => now);
  const seen: string[] = [];
  let isOver = false;
  const tick = (): void => {
    seen.push("loop");
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  await Promise.all(
    ["a", "b", "c"].map(async (name) => {
      await turn();
      now += ms;
      seen.push(name);
    }),
  );
  isOver = true;
  return seen;
}

it("given three who keep the loop busy for longer than a turn, then each has a turn of its own, in order", async () => {
  const seen = await threeBusyFor(10);
  expect(seen.filter((one) => one !== "loop")).toEqual(["a", "b", "c"]);
  const [a, b, c] = ["a", "b", "c"].map((name) => seen.indexOf(name));
  expect(seen.slice(a, b)).toContain("loop");
  expect(seen.slice(b, c)).toContain("loop");
});

it("given three who are quick, then they share a turn", async () => {
  expect(await threeBusyFor(1)).toEqual(["a", "b", "c"]);
});
