import { expect, test } from "vitest";
import { dateTime } from "../src/rows.ts";

test("given instants in any order, then each is told as the platform tells it, in UTC", () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const instants = [0, -1, 86_399_999, 86_400_000, Date.UTC(2024, 1, 29), -86_400_000, 1_700_000_000_000.6];
  for (let number = 0; number < 2_000; number += 1)
    instants.push(Math.floor((random() - 0.1) * 10_000_000_000_000));
  for (const instant of instants) {
    const bounded = Math.min(
      Math.max(instant, Date.UTC(1900, 0, 1)),
      Date.UTC(2299, 11, 31, 23, 59, 59, 999),
    );
    const expected = new Date(bounded).toISOString().replace("T", " ").slice(0, 23);
    expect(dateTime(instant), `of ${instant}, seed ${seed}`).toBe(expected);
  }
});
