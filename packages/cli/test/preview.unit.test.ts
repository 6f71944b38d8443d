import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describePreview, preview } from "../src/commands/preview.ts";

const about = (value: number, low: number, high: number) => ({ value, low, high });

const shown = {
  asOf: "2026-05-01T12:00:00.000Z",
  mode: "estimate",
  fraction: 1 / 64,
  seconds: 0.621,
  previews: [
    {
      ...{ kind: "segment", id: "win-back", name: "Silent for 60 days", notes: [] },
      ...{ base: about(6_400, 5_000, 8_200), size: about(640, 280, 1_500), share: about(0.1, 0.05, 0.19) },
      members: ["ann", "bob"],
      against: {
        entering: { size: about(128, 40, 420), members: ["bob"] },
        leaving: { size: about(0, 0, 243), members: [] },
        staying: about(512, 210, 1_200),
      },
      overlap: [
        {
          ...{ definition: "classification/tier", category: "vip", size: about(64, 12, 350) },
          ...{ shared: about(64, 12, 350), jaccard: about(0.1, 0.02, 0.4) },
        },
      ],
    },
  ],
} as const;

let server: Server;
let url: string;
let folder: string;
let asked: { method: string; path: string; body: string }[];
let answers: { status: number; body: object }[];
beforeEach(async () => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), "preview-"));
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    asked.push({ method: request.method ?? "", path: request.url ?? "", body });
    const { status, body: answer } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const ask = (word: string, values: Readonly<Record<string, unknown>> = {}) =>
  preview({ apiUrl: url, folder, workspaceZone: "Europe/Berlin" }, word, values);

describe("tidemark preview", () => {
  it("given a file, then it is sent as it is, with what was asked", async () => {
    writeFileSync(join(folder, "one.yaml"), "kind: segment\nid: a\n");
    answers = [{ status: 200, body: shown }];
    // Midnight of a day in Berlin's winter is 23:00 of the day before in UTC.
    await ask("one.yaml", { "as-of": "2026-03-01", exact: true, members: "3" });
    expect(asked).toEqual([
      {
        method: "POST",
        path: "/v1/definitions/preview?asOf=2026-02-28T23%3A00%3A00.000Z&members=3&exact=true",
        body: "kind: segment\nid: a\n",
      },
    ]);
  });

  it("given the id of a definition that is written, then its document is sent", async () => {
    const document = { kind: "segment", id: "win-back", when: { all: [] } };
    answers = [
      { status: 200, body: { definitions: [{ kind: "segment", id: "win-back", document }] } },
      { status: 200, body: shown },
    ];
    await ask("win-back");
    expect(JSON.parse(asked[1]?.body ?? "")).toEqual(document);
  });

  it("given no such file and no such id, then the one that is probably meant is named", async () => {
    answers = [{ status: 200, body: { definitions: [{ kind: "segment", id: "win-back", document: {} }] } }];
    await expect(ask("winback")).rejects.toThrow(
      "there is no file and no definition winback; is win-back meant?",
    );
  });

  it("given definitions that are wrong, then every fault is told with file and line", async () => {
    writeFileSync(join(folder, "one.yaml"), "kind: segment\nid: a\n");
    const fault = { definition: "segment/a", path: "when", found: "nothing", expected: "a condition" };
    answers = [
      {
        status: 422,
        body: {
          detail: "2 faults",
          faults: [
            { ...fault, line: 2 },
            { ...fault, path: "x" },
          ],
        },
      },
    ];
    await expect(ask("one.yaml")).rejects.toThrow(
      `${join(folder, "one.yaml")}:2: segment/a: when: found nothing, expected a condition\nsegment/a: x: found nothing, expected a condition`,
    );
  });

  it("given options that are wrong, then nothing is asked and all are told", async () => {
    await expect(ask("a", { "as-of": "soon", sample: "many" })).rejects.toThrow(
      /--as-of: "soon".*\n--sample is "many"/,
    );
    expect(asked).toEqual([]);
  });

  it("given an estimate, then people read numbers with their intervals", () => {
    expect(describePreview(shown).split("\n")).toEqual([
      "As of 2026-05-01T12:00:00.000Z: an estimate from one of 64, with intervals of 95 %, in 0.62 s",
      "",
      'segment/win-back "Silent for 60 days"',
      "  about 640 (280 to 1,500) of about 6,400 (5,000 to 8,200): 10.00 % (5.00 to 19.00)",
      "  such as ann, bob",
      "  would enter  about 128 (40 to 420): bob",
      "  would leave  about 0 (0 to 243)",
      "  would stay   about 512 (210 to 1,200)",
      "  shares about 64 (12 to 350) with classification/tier/vip: 10.00 % (2.00 to 40.00) of both (Jaccard)",
    ]);
  });
});
