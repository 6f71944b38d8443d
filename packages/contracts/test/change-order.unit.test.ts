import { describe, expect, test } from "vitest";
import { judgeChange, openCursor, passFence } from "../src/change-order.ts";

describe("the order of changes", () => {
  test("given numbers, then a repeat and an owner shut out do not count, a gap counts and is told", () => {
    const cursor = { sequence: 10, epoch: 3 };
    expect(judgeChange(cursor, { sequence: 11, epoch: 3 })).toEqual({
      verdict: "new",
      cursor: { sequence: 11, epoch: 3 },
    });
    expect(judgeChange(cursor, { sequence: 10, epoch: 3 })).toEqual({ verdict: "repeat", cursor });
    expect(judgeChange(cursor, { sequence: 11, epoch: 2 })).toEqual({ verdict: "void", cursor });
    expect(judgeChange(cursor, { sequence: 13, epoch: 3 })).toEqual({
      verdict: "gap",
      cursor: { sequence: 13, epoch: 3 },
    });
  });

  test("given a reader that begins past the first changes, then whichever comes first is the beginning, and what follows is judged", () => {
    const { verdict, cursor } = judgeChange(openCursor, { sequence: 41, epoch: 3 });
    expect({ verdict, cursor }).toEqual({ verdict: "new", cursor: { sequence: 41, epoch: 0 } });
    expect(judgeChange(cursor, { sequence: 43, epoch: 3 }).verdict).toBe("gap");
    expect(judgeChange(cursor, { sequence: 41, epoch: 3 }).verdict).toBe("repeat");
  });

  test("given fences, then the epoch never goes back", () => {
    expect(passFence({ sequence: 1, epoch: 3 }, { epoch: 5 })).toEqual({ sequence: 1, epoch: 5 });
    expect(passFence({ sequence: 1, epoch: 3 }, { epoch: 2 })).toEqual({ sequence: 1, epoch: 3 });
  });
});
