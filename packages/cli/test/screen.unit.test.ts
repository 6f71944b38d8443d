import { describe, expect, test } from "vitest";
import { showProgress } from "../src/progress/progress.ts";
import { type ChangeShown, changeLine, showInstantsIn } from "../src/screen/change-line.ts";
import { report } from "../src/screen/report.ts";

const change: ChangeShown = {
  subjectKind: "customer",
  subject: "CG-12520",
  definitionKind: "segment",
  definition: "bought-60",
  from: "out",
  to: "in",
  effectiveAt: Date.UTC(2026, 6, 1, 22),
  changesAt: Date.UTC(2026, 7, 30, 22),
  cause: "event",
  causeEvent: "order.placed",
};
const showInstant = showInstantsIn("Europe/Berlin");

describe("a change as a line", () => {
  test.each([
    [
      {},
      "2026-07-02 00:00:00  CG-12520    entered bought-60, because of order.placed; until 2026-08-31 00:00:00",
    ],
    [
      { from: "in", to: "out", cause: "time", causeEvent: null, changesAt: null },
      "2026-07-02 00:00:00  CG-12520    left bought-60, because time passed",
    ],
    [
      {
        definitionKind: "classification",
        definition: "value-tier",
        from: "regular",
        to: "vip",
        changesAt: null,
      },
      "2026-07-02 00:00:00  CG-12520    went from regular to vip of value-tier, because of order.placed",
    ],
    [
      {
        subjectKind: "company",
        subject: "CO-1",
        definitionKind: "classification",
        from: null,
        to: "a",
        cause: "late",
        changesAt: null,
      },
      "2026-07-02 00:00:00  company CO-1  is a of bought-60, because of order.placed, which came late",
    ],
  ])("given %o, when it is shown, then it says who, what, why and until when", (more, line) => {
    expect(changeLine({ ...change, ...more }, showInstant)).toBe(line);
  });
});

describe("the screen at the end", () => {
  test("given a summary, when it is shown, then it has places, figures, sizes, changes and what to try", () => {
    const text = report(
      {
        sources: [["orders", 5_102]],
        events: 12_345,
        changes: 6_789,
        deadLetters: 2,
        sizes: [
          { kind: "segment", definition: "bought-60", category: "in", members: 200, filling: false },
          { kind: "segment", definition: "later", category: "in", members: 0, filling: true },
          { kind: "classification", definition: "value-tier", category: "vip", members: 30, filling: false },
        ],
        lastChanges: [change],
        example: "CG-12520",
      },
      {
        places: [{ name: "api", url: "http://127.0.0.1:7108" }],
        services: [{ name: "orders", port: 7101 }],
        apiUrl: "http://127.0.0.1:7108",
        webhooksUrl: "http://127.0.0.1:7107",
        clickhouseUrl: "http://127.0.0.1:8123",
        database: "tidemark",
        logFolder: "/logs",
        showInstant,
        width: 100,
        loaded: ["Loaded: the demo of seed 1"],
      },
    );
    for (const part of [
      /services +orders 7101 /,
      /api +http:\/\/127\.0\.0\.1:7108/,
      /5,102 orders/,
      /12,345 events .* 6,789 changes, 2 dead letters/,
      /bought-60 +200/,
      /later +filling/,
      /value-tier: vip +30/,
      /entered bought-60/,
      /tidemark -- customer CG-12520/,
      /dead-letters list/,
    ])
      expect(text).toMatch(part);
  });
});

describe("progress", () => {
  test("given no terminal, when bars move quickly, then only a line now and then is written, and each message", () => {
    let now = 0;
    let written = "";
    const progress = showProgress({ write: (text) => (written += text) }, () => now);
    progress.say("Starting");
    for (now = 1; now <= 9_000; now += 100) progress.bars([{ name: "orders", done: now, total: 9_000 }]);
    progress.clear();
    expect(written.split("\n")).toEqual(["Starting", "orders 1 of 9,000", "orders 5,001 of 9,000", ""]);
  });

  test("given a terminal, when a message comes, then it stands above the bars, which are drawn again", () => {
    let written = "";
    const progress = showProgress({ isTTY: true, columns: 80, write: (text) => (written += text) }, () => 0);
    progress.bars([{ name: "orders", done: 5, total: 10 }]);
    written = "";
    progress.say("hello");
    expect(written.startsWith("\u001B[1A\u001B[Jhello\n")).toBe(true);
    expect(written).toMatch(/\n {2}orders .*█░.* 5 of 10\n$/);
    progress.clear();
    expect(written.endsWith("\u001B[1A\u001B[J")).toBe(true);
  });
});
