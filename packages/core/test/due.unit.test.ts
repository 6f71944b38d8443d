import { describe, expect, it } from "vitest";
import { Due } from "../src/plan/due.ts";

describe("which definitions to look at", () => {
  it("given indexes in any order and twice, then each comes once, ascending", () => {
    const due = new Due(10);
    for (const index of [7, 2, 7, 9, 0, 2, 5]) due.add(index);
    expect([...due.inOrder()]).toEqual([0, 2, 5, 7, 9]);
    expect([0, 1, 2, 8, 9].map((index) => due.has(index))).toEqual([true, false, true, false, true]);
    // More may come between looks.
    due.add(10 - 9);
    due.add(8);
    expect([...due.inOrder()]).toEqual([0, 1, 2, 5, 7, 8, 9]);
  });

  it("given more than a few, then they come ascending too", () => {
    const due = new Due(200);
    for (let index = 199; index >= 0; index -= 2) due.add(index);
    expect([...due.inOrder()]).toEqual(Array.from({ length: 100 }, (_, place) => 2 * place + 1));
  });

  it("given all of them, then it is whole, and after clearing nothing is due", () => {
    const due = new Due(3);
    due.add(2);
    due.add(1);
    expect(due.isWhole).toBe(false);
    due.addAll();
    expect(due.isWhole).toBe(true);
    expect([...due.inOrder()]).toEqual([0, 1, 2]);
    due.clear();
    expect(due.isWhole).toBe(false);
    expect([...due.inOrder()]).toEqual([]);
    expect([0, 1, 2].map((index) => due.has(index))).toEqual([false, false, false]);
    due.add(1);
    expect([...due.inOrder()]).toEqual([1]);
  });
});
