import { describe, expect, test } from "vitest";
import { encodePosition, type PartitionPosition, parsePosition } from "../src/position.ts";

const place = (offset: number, sequence: number, epoch = 3) => ({ offset, cursor: { sequence, epoch } });

describe("what a commit says", () => {
  test("given endpoints that are all as far, then it is the place behind the last change", () => {
    const position: PartitionPosition = { main: place(40, 12), behind: new Map() };
    const committed = encodePosition(position);
    expect(committed).toEqual({ offset: 40, metadata: '{"sequence":12,"epoch":3}' });
    expect(parsePosition(committed.offset, committed.metadata)).toEqual(position);
  });

  test("given endpoints that are behind, then its offset is the lowest place, and each place comes back", () => {
    const position: PartitionPosition = {
      main: place(40, 12),
      behind: new Map([
        ["crm", place(20, 5, 2)],
        ["chat", place(9, -1, 0)],
      ]),
    };
    const { offset, metadata } = encodePosition(position);
    expect(offset).toBe(9);
    expect(parsePosition(offset, metadata)).toEqual(position);
  });

  test("given more endpoints behind than a commit has room for, then all go on from the lowest place", () => {
    const behind = new Map(
      Array.from({ length: 60 }, (_, at) => [`${"e".repeat(90)}-${at}`, place(10 + at, at)] as const),
    );
    const { offset, metadata } = encodePosition({ main: place(1_000, 900), behind });
    expect(offset).toBe(10);
    expect(parsePosition(offset, metadata)).toEqual({ main: place(10, 0), behind: new Map() });
  });

  test.each([
    "",
    "null",
    "5",
    "{}",
    "hello",
    '{"sequence":-2,"epoch":0}',
    '{"sequence":1.5,"epoch":0}',
    '{"sequence":1,"epoch":0,"main":[1,2]}',
    '{"sequence":1,"epoch":0,"main":[1,2,3],"behind":{"crm":[1,"2",3]}}',
    '{"sequence":1,"epoch":0,"main":[-1,2,3],"behind":{}}',
  ])("given %j, then it is refused", (text) => {
    expect(() => parsePosition(7, text)).toThrow("not ours");
  });
});
