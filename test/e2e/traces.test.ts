/**
 * One trace from a source record to its webhook, as a collector and a receiver see it; and `/ready` while Kafka or
 * ClickHouse answers no more or a partition stands still, and afterwards.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { topicNames } from "@tidemark/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orderEvent } from "../../packages/cli/src/demo/events.ts";
import { orderRecord } from "../../packages/cli/src/load/source-records.ts";
import { openTestProduct, type TestProduct } from "./product.ts";

const definitions = fileURLToPath(new URL("../bench/overload/definitions.yaml", import.meta.url));
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const sourceSpan = "00f067aa0ba902b7";
const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

interface Span {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

let product: TestProduct;
let collector: Server;
let receiver: Server;
const spans: Span[] = [];
const webhooks: { readonly path: string; readonly traceparent: string }[] = [];

beforeAll(async () => {
  collector = await listening(async (request) => {
    if (request.url === "/v1/traces") spans.push(...spansIn(JSON.parse(await textOf(request))));
  });
  receiver = await listening(async (request) => {
    await textOf(request);
    webhooks.push({ path: request.url ?? "", traceparent: String(request.headers.traceparent) });
  });
  product = await openTestProduct(2, [definitions]);
  const endpoints = Object.fromEntries(
    ["quick", "hung"].map((name) => [name, { url: `${urlOf(receiver)}/${name}`, secret }]),
  );
  for (const plan of product.services("UTC").pipeline) {
    product.supervisor.start({
      ...plan,
      env: {
        ...plan.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
        TRACES_PER_10000: "0",
        AUTOMATIONS_WEBHOOKS: JSON.stringify(endpoints),
        PROGRESS_CHECK_MS: "500",
        // Of segments the partitions are looked at, not the parts.
        ...(plan.name === "segments"
          ? { AWAY_AFTER_MS: "600000", STALLED_AFTER_MS: "3000" }
          : { AWAY_AFTER_MS: "3000" }),
      },
    });
  }
  await product.supervisor.ready();
});

afterAll(async () => {
  collector?.close();
  receiver?.close();
  await product?.close();
});

describe("given an order that carries a trace and enters a segment, and one that carries none", () => {
  it("then intake, segments and the webhook are steps of that trace, each the child of the one before", async () => {
    await place("traced", [["traceparent", Buffer.from(`00-${traceId}-${sourceSpan}-01`)]]);
    await place("untraced", []);
    await until(async () => webhooks.length >= 4 && spans.length >= 4);
    const steps = (name: string) => spans.filter((span) => span.name === name);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const [intake] = steps("intake");
    expect(intake).toMatchObject({ service: "tidemark-orders", parentSpanId: sourceSpan });
    const entered = steps("segments").filter(({ spanId }) =>
      steps("webhook").some(({ parentSpanId }) => parentSpanId === spanId),
    );
    expect(entered).toMatchObject([{ service: "tidemark-segments", parentSpanId: intake?.spanId }]);
    expect(steps("webhook")).toMatchObject([
      { service: "tidemark-automations", parentSpanId: entered[0]?.spanId },
      { service: "tidemark-automations", parentSpanId: entered[0]?.spanId },
    ]);
    const carried = webhooks.filter(({ traceparent }) => traceparent.includes(traceId));
    expect(carried.map(({ path }) => path).sort()).toEqual(["/hung", "/quick"]);
    expect(new Set(carried.map(({ traceparent }) => traceparent))).toEqual(
      new Set(steps("webhook").map(({ spanId }) => `00-${traceId}-${spanId}-01`)),
    );
    expect(webhooks).toHaveLength(4);
  });
});

describe("given a part of the stack that answers no more", () => {
  it.each([
    ["kafka", ["orders", "interactions", "lifecycle", "warehouse", "automations"], /^(not ready: )?Kafka/],
    ["clickhouse", ["warehouse"], /^(not ready: )?ClickHouse/],
  ] as const)(
    "then %s is named on /ready of %j, and they are ready again once it answers",
    async (part, names, reason) => {
      const pid = pidOfPart(part);
      process.kill(pid, "SIGSTOP");
      try {
        for (const name of names) {
          const answer = await until(async () => {
            const found = await ready(name);
            return found.status === 503 && reason.test(found.text) ? found : undefined;
          });
          expect(answer.text, name).toContain("does not answer for");
        }
      } finally {
        process.kill(pid, "SIGCONT");
      }
      for (const name of names) await until(async () => (await ready(name)).status === 200);
    },
  );
});

describe("given a partition of which nothing is folded because Redis answers no more", () => {
  it("then segments names it on /ready, and is ready again once it goes on", async () => {
    const pid = pidOfPart("redis");
    process.kill(pid, "SIGSTOP");
    try {
      await place("stuck", []);
      const answer = await until(async () => {
        const found = await ready("segments");
        return found.status === 503 && found.text.includes("makes no progress") ? found : undefined;
      });
      expect(answer.text).toMatch(/customer-events\/\d makes no progress: \d+ records? wait/);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until(async () => (await ready("segments")).status === 200);
  });
});

async function place(customerId: string, headers: readonly (readonly [string, Buffer])[]): Promise<void> {
  const event = {
    type: "order.placed",
    orderId: `o-${customerId}`,
    customerId,
    occurredAt: Date.now(),
    total: 600,
  };
  const { key, value } = orderRecord(product.codec, orderEvent({ ...event, type: "order.placed" }));
  await product.log.append(topicNames.orders, 0, [{ key: Buffer.from(key), value, headers }]);
}

async function ready(name: string): Promise<{ readonly status: number; readonly text: string }> {
  const { api, pipeline } = product.services("UTC");
  const port = [api, ...pipeline].find((plan) => plan.name === name)?.port;
  const answer = await fetch(`http://127.0.0.1:${port}/ready`);
  return { status: answer.status, text: await answer.text() };
}

function pidOfPart(name: string): number {
  const parts: readonly { readonly name: string; readonly pid?: number }[] = product.places;
  const pid = parts.find((part) => part.name.toLowerCase() === name)?.pid;
  if (pid === undefined) throw new Error(`no process of ${name} among ${parts.map((part) => part.name)}`);
  return pid;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, "service">[] }[];
  }[];
}

/** OTLP's JSON, as much of it as a trace needs. */
function spansIn({ resourceSpans }: Export): readonly Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? "";
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ name, traceId: trace, spanId, parentSpanId }) => {
        return { service, name, traceId: trace, spanId, parentSpanId };
      }),
    );
  });
}

async function listening(take: (request: IncomingMessage) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    void take(request).then(() => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Resolves to the first answer that is not undefined or false; rejects after two minutes. */
async function until<Answer>(ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`it never happened; there were ${JSON.stringify({ spans, webhooks })}`);
}
