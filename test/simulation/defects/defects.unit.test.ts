import { describe, expect, it } from "vitest";
import { preparedCodec } from "../run/codec.ts";
import { simulate } from "../run/simulate.ts";
import { generateScenario } from "../scenario/generate.ts";
import { plantedIn, whyNotPlanted } from "./defect.ts";
import { defectNamed, defects } from "./defects.ts";
import { hunt } from "./hunt.ts";

describe("planted defects", () => {
  it.each(defects)(
    "given the source as it is, when $name is planted, then its text is there, once",
    async (defect) => {
      expect(await whyNotPlanted(defect)).toBeNull();
    },
  );

  it("given the list, when it is read, then no two have one name", () => {
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
  });

  it("given a source without the text, when a defect is planted, then it says which and where", () => {
    const defect = defectNamed("timers-lost");
    expect(() => plantedIn(defect, "nothing")).toThrow(/timers-lost .*partition-worker\.ts has 0 times/);
  });

  // A few of all kinds; `npm run simulate -- --defects` plants all. Another scenario may need some seeds more.
  it.each(["commit-before-publish", "timers-lost", "late-at-the-clock", "archive-commits-end"])(
    "given %s, when some disasters are simulated, then one fails that passes without it",
    { timeout: 600_000 },
    async (name) => {
      const codec = await preparedCodec();
      const passes = async (seed: number): Promise<boolean> =>
        (await simulate(generateScenario(seed), codec)).findings.length === 0;
      const { seed, findings } = await hunt(defectNamed(name), { first: 1, end: 101 }, passes);
      expect(seed).not.toBeNull();
      expect(findings).not.toEqual([]);
    },
  );

  it.each([
    ["in a module that nobody loads", { file: "services/api/src/main.ts" }],
    ["whose text is not there", { pieces: [{ text: "what nobody wrote", becomes: "" }] }],
  ])("given a defect %s, when it is hunted, then that is an error", { timeout: 600_000 }, async (_, part) => {
    const defect = { ...defectNamed("timers-lost"), ...part };
    await expect(hunt(defect, { first: 1, end: 2 }, async () => true)).rejects.toThrow(
      /timers-lost ended with/,
    );
  });
});
