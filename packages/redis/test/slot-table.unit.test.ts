import { describe, expect, it } from "vitest";
import { readSlotTable } from "../src/slot-table.ts";

describe("the table of slots", () => {
  it("given servers and replicas, then each slot has its first, and all are known", () => {
    const table = readSlotTable(
      [
        [
          0,
          5460,
          [Buffer.from("10.0.0.1"), 6379, Buffer.from("a")],
          [Buffer.from("10.0.0.2"), 6379, Buffer.from("b")],
        ],
        [5461, 5461, [Buffer.from("10.0.0.3"), 6380, Buffer.from("c")]],
      ],
      { host: "seed", port: 1 },
    );
    expect([table.owners[0], table.owners[5460], table.owners[5461], table.owners[5462]]).toEqual([
      "10.0.0.1:6379",
      "10.0.0.1:6379",
      "10.0.0.3:6380",
      undefined,
    ]);
    expect(table.servers).toEqual(["10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6380"]);
  });

  it.each([[null], [Buffer.from("")], [Buffer.from("?")]])(
    "given a server that does not know its own host (%s), then it is the one that was asked",
    (host) => {
      const table = readSlotTable([[0, 0, [host, 6379, Buffer.from("a")]]], { host: "seed", port: 1 });
      expect(table.owners[0]).toBe("seed:6379");
    },
  );
});
