import { expect, it } from "vitest";
import { loopTurns } from "../src/loop-turns.ts";

it("given three who wait at once, then each goes on in a turn of the loop of its own, in order", async () => {
  const turn = loopTurns();
  const seen: string[] = [];
  const tick = (): void => {
    seen.push("loop");
    if (seen.filter((one) => one === "loop").length < 6) setImmediate(tick);
  };
  setImmediate(tick);
  await Promise.all(
    ["a", "b", "c"].map(async (name) => {
      await turn();
      seen.push(name);
    }),
  );
  expect(seen.filter((one) => one !== "loop")).toEqual(["a", "b", "c"]);
  const [a, b, c] = ["a", "b", "c"].map((name) => seen.indexOf(name));
  // Between any two of them the loop looked at something else.
  expect(seen.slice(a, b)).toContain("loop");
  expect(seen.slice(b, c)).toContain("loop");
});
