import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { report } from "../src/commands/report.ts";

const pages: Readonly<Record<string, readonly object[]>> = {
  matrix: [
    { from_category: "high", to_category: "high", subjects: 3, share: 0.75 },
    { from_category: "high", to_category: "low", subjects: 1, share: 0.25 },
    { from_category: "low", to_category: "low", subjects: 2, share: 1 },
  ],
  sizes: [
    { day: "2026-05-01", definition_kind: "segment", definition: "loyal", category: "in", members: 2 },
    { day: "2026-05-02", definition_kind: "segment", definition: "loyal", category: "in", members: 9 },
  ],
  funnel: [
    { stage: 1, name: "seen & <heard>", reached: 8, share: 1, share_of_previous: 1, lost: 0 },
    { stage: 2, name: 'tier/"low"', reached: 4, share: 0.5, share_of_previous: 0.5, lost: 4 },
  ],
  overlap: [],
};

const asked: string[] = [];
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "", "http://localhost");
  asked.push(`${url.pathname}?${url.searchParams}`);
  const name = url.pathname.split("/")[3];
  const answer = (status: number, body: unknown) => {
    response.statusCode = status;
    response.end(JSON.stringify(body));
  };
  if (name === undefined)
    return answer(200, {
      reports: Object.keys(pages).map((one) => ({ name: one, about: "about", parameters: [] })),
    });
  if (url.searchParams.has("days"))
    return answer(400, { detail: "wrong", faults: [{ path: "days", found: '"x"', expected: "a number" }] });
  const rows = pages[name];
  if (rows === undefined) return answer(404, { detail: "nothing there" });
  // A row a page.
  const after = Number(url.searchParams.get("after"));
  return answer(200, {
    parameters: {},
    rows: rows.slice(after, after + 1),
    after: after + 1 < rows.length ? after + 1 : null,
  });
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe("report", () => {
  test("given several pages, then all rows are there, as JSON and as CSV", async () => {
    expect(JSON.parse(await report(url, "matrix", { json: true }))).toEqual(pages.matrix);
    expect(await report(url, "funnel", { csv: true })).toBe(
      'stage,name,reached,share,share_of_previous,lost\r\n1,seen & <heard>,8,1,1,0\r\n2,"tier/""low""",4,0.5,0.5,4\r\n',
    );
  });

  test("given options, then they are asked for under the names of the interface", async () => {
    await report(url, "matrix", { definition: "tier", "holdout-category": "left alone" });
    expect(asked.at(-1)).toContain("definition=tier");
    expect(asked.at(-1)).toContain("holdoutCategory=left+alone");
  });

  test("given a matrix, then the terminal shows a grid and the rows", async () => {
    const text = await report(url, "matrix", {});
    const [title, head, high, low] = text.split("\n");
    expect(title).toBe("From (down) to (across)");
    expect(head?.trim().split(/\s+/)).toEqual(["high", "low"]);
    expect(high).toMatch(/^high\s+▓\s*75\.0%\s+░\s*25\.0%$/);
    expect(low).toMatch(/^low\s+█\s*100\.0%$/);
    expect(text).toMatch(/^from_category {2}to_category {2}subjects {2}share$/m);
  });

  test("given a funnel, then bars are as long as their values", async () => {
    const [, first = "", second = ""] = (await report(url, "funnel", {})).split("\n");
    expect([first, second].map((line) => [...line].filter((letter) => letter === "█").length)).toEqual([
      40, 20,
    ]);
  });

  test("given sizes, then SVG has a line through both days", async () => {
    const svg = await report(url, "sizes", { svg: true });
    // 0 is at the bottom (320), 9 at the top (40): 2 lies 62.22 above the bottom.
    expect(svg).toContain('<polyline points="70,257.78 710,40"');
    expect(svg).toContain(">loyal</text>");
  });

  test("given names with letters that SVG knows, then they are written as text", async () => {
    const svg = await report(url, "funnel", { svg: true });
    expect(svg).toContain("seen &amp; &lt;heard&gt;");
    expect(svg).toContain("tier/&quot;low&quot;");
  });

  test("given nothing to report, then it says so, and draws nothing", async () => {
    expect(await report(url, "overlap", {})).toBe("There is nothing to report\n");
    await expect(report(url, "overlap", { svg: true })).rejects.toThrow(
      "There is no chart of overlap: it has no rows",
    );
  });

  test("given a wrong name or a wrong value, then the error says what was meant", async () => {
    await expect(report(url, "matrx", {})).rejects.toThrow('"matrx" is no report; is matrix meant?');
    await expect(report(url, "matrix", { days: "x" })).rejects.toThrow('--days: a number (found "x")');
  });
});
