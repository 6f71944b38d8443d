import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { carriedOn, noTracing, type Tracing, traceHeaders, traceParentOf } from "../src/index.ts";
import { otlpTracing } from "../src/otlp-tracing.ts";

const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
}

describe("given headers of a record", () => {
  it.each([
    [sampled, sampled],
    [unsampled, unsampled],
    ["00-00000000000000000000000000000000-b7ad6b7169203331-01", undefined],
    ["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", undefined],
    ["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", undefined],
    ["anything", undefined],
    [`${sampled}${"-x".repeat(200)}`, undefined],
  ])("then of traceparent %s there goes on %s, though nothing is recorded", (given, expected) => {
    const parent = traceHeaders(given);
    const step = noTracing.begin("step", { parent, at: 0, isRoot: true });
    expect(traceParentOf(carriedOn(step, parent))).toBe(expected);
  });

  it("then other headers do not go on", () => {
    expect(carriedOn(undefined, [["tracestate", Buffer.from("a=1")], ...traceHeaders(sampled)])).toEqual(
      traceHeaders(sampled),
    );
    expect(carriedOn(undefined, [["x", Buffer.from("y")]])).toEqual([]);
  });
});

describe("given a collector of OpenTelemetry", () => {
  const received: Span[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const { resourceSpans } = JSON.parse(text);
      for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) received.push(...spans);
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  let tracing: Tracing;
  let chance = 0;

  beforeEach(async () => {
    received.length = 0;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    tracing = otlpTracing({
      service: "test",
      endpoint,
      tracesPer10000: 100,
      maxQueued: 2_048,
      random: () => chance,
    });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("and a record that carries no trace, then one begins by chance, and the next step stands below the first", async () => {
    chance = 0.0099;
    const first = tracing.begin("intake", { parent: [], at: 1_700_000_000_000, isRoot: true });
    const headers = carriedOn(first, []);
    const second = tracing.begin("webhook", { parent: headers, at: 1_700_000_000_200, isRoot: false });
    first?.end(1_700_000_000_100);
    second?.end(1_700_000_000_300, "webhook-refused");
    await tracing.close();
    const [intake, webhook] = ["intake", "webhook"].map((name) =>
      received.find((span) => span.name === name),
    );
    expect(received).toHaveLength(2);
    expect(traceParentOf(headers)).toBe(`00-${intake?.traceId}-${intake?.spanId}-01`);
    expect(webhook).toMatchObject({ traceId: intake?.traceId, parentSpanId: intake?.spanId });
    expect(intake).toMatchObject({
      startTimeUnixNano: "1700000000000000000",
      endTimeUnixNano: "1700000000100000000",
    });
    expect(webhook?.status).toMatchObject({ message: "webhook-refused" });
  });

  it("and a record that carries a trace, then that decides, not chance", async () => {
    chance = 0.999;
    expect(tracing.begin("intake", { parent: traceHeaders(unsampled), at: 1, isRoot: true })).toBeUndefined();
    tracing.begin("intake", { parent: traceHeaders(sampled), at: 1, isRoot: true })?.end(2);
    await tracing.close();
    expect(received).toMatchObject([
      { traceId: "0af7651916cd43dd8448eb211c80319c", parentSpanId: "b7ad6b7169203331" },
    ]);
  });

  it("and no luck, or a step at which no trace begins, then nothing is recorded", async () => {
    chance = 0.01;
    expect(tracing.begin("intake", { parent: [], at: 1, isRoot: true })).toBeUndefined();
    chance = 0;
    expect(tracing.begin("webhook", { parent: [], at: 1, isRoot: false })).toBeUndefined();
    await tracing.close();
    expect(received).toEqual([]);
  });
});
