/** What operators see of the running product: metrics against what was sent, readiness while a part is away, stops. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { topicNames } from "@tidemark/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lifecycleRecord, prepareSources } from "../../packages/cli/src/load/source-records.ts";
import { openTestProduct, root, type TestProduct } from "./product.ts";

const partitions = 4;
const profiles = 120;
const unattributed = 7;
/** Plans end so long after they are sent, in ms: time alone takes each customer out again. */
const planMs = 20_000;

let product: TestProduct;
let ports: ReadonlyMap<string, number>;
let metrics: ReadonlyMap<string, readonly Sample[]>;

beforeAll(async () => {
  product = await openTestProduct(partitions);
  const { api, webhooks, pipeline } = product.services("UTC");
  for (const plan of [webhooks, ...pipeline]) product.supervisor.start(plan);
  await product.supervisor.ready();
  ports = new Map([api, ...pipeline].map(({ name, port }) => [name, port]));
  const endsAt = Date.now() + planMs;
  await sendProfiles(endsAt);
  await until(async () => Date.now() > endsAt + 2_000);
  await product.drained();
  metrics = new Map(
    await Promise.all([...ports.keys()].map(async (name) => [name, await scrape(name)] as const)),
  );
});

afterAll(() => product?.close());

describe("given profiles, some of them of nobody, and plans that end, when all is done", () => {
  it("then intake has counted each record, event and dead letter, and how long each took", () => {
    expect(sum("lifecycle", "tidemark_intake_records_total")).toBe(profiles + unattributed);
    expect(sum("lifecycle", "tidemark_intake_events_total")).toBe(profiles);
    expect(sum("lifecycle", "tidemark_dead_letters_total", { reason: "unattributed" })).toBe(unattributed);
    expect(sum("lifecycle", "tidemark_stage_seconds_count", { stage: "source-to-canonical" })).toBe(profiles);
    expect(sum("orders", "tidemark_intake_records_total")).toBe(0);
  });

  it("then segments has counted each event, and each change by the cause that ClickHouse has", async () => {
    expect(sum("segments", "tidemark_segments_events_total")).toBe(profiles);
    const rows = await product.warehouse.query<{ cause: string; changes: string }>(
      "SELECT cause, toString(count()) AS changes FROM segment_changes GROUP BY cause",
    );
    const byCause = Object.fromEntries(rows.map(({ cause, changes }) => [cause, Number(changes)]));
    expect(byCause.event).toBeGreaterThanOrEqual(profiles);
    expect(byCause.time).toBeGreaterThanOrEqual(profiles);
    for (const [cause, changes] of Object.entries(byCause)) {
      expect(sum("segments", "tidemark_segments_changes_total", { cause }), cause).toBe(changes);
    }
    expect(sum("segments", "tidemark_segments_timer_lateness_seconds_count")).toBe(byCause.time);
    expect(sum("segments", "tidemark_stage_seconds_count", { stage: "canonical-to-change" })).toBe(
      byCause.event,
    );
  });

  it("then each partition's clock has passed the end of the plans, no timer is overdue, and nothing lags", () => {
    const clocks = samples("segments", "tidemark_segments_clock_seconds");
    expect(clocks.map(({ labels }) => labels.partition).sort()).toEqual(["0", "1", "2", "3"]);
    for (const { value } of clocks) expect(Date.now() / 1_000 - value).toBeLessThan(600);
    expect(samples("segments", "tidemark_segments_timers_overdue")).toHaveLength(partitions);
    expect(sum("segments", "tidemark_segments_timers_overdue")).toBe(0);
    const lags = samples("segments", "tidemark_lag_records", { topic: topicNames.customerEvents });
    expect(lags).toHaveLength(partitions);
    expect(sum("segments", "tidemark_lag_records")).toBe(0);
  });

  it("then warehouse and automations have seen each change once, with no gap", async () => {
    const [row] = await product.warehouse.query<{ changes: string; events: string }>(
      "SELECT toString((SELECT count() FROM segment_changes)) AS changes, toString((SELECT count() FROM customer_events)) AS events",
    );
    expect(Number(row?.events)).toBe(profiles);
    expect(sum("warehouse", "tidemark_warehouse_rows_total", { table: "customer_events" })).toBe(profiles);
    for (const service of ["warehouse", "automations"]) {
      expect(sum(service, "tidemark_changes_judged_total", { verdict: "new" }), service).toBe(
        Number(row?.changes),
      );
      expect(sum(service, "tidemark_changes_judged_total", { verdict: "gap" }), service).toBe(0);
    }
    const delivered = sum("automations", "tidemark_automations_delivered_total");
    expect(sum("automations", "tidemark_stage_seconds_count", { stage: "change-to-webhook" })).toBe(
      delivered,
    );
    expect(sum("automations", "tidemark_automations_attempts_total", { outcome: "delivered" })).toBe(
      delivered,
    );
    expect(sum("warehouse", "tidemark_buffer_bytes")).toBe(0);
    expect(sum("warehouse", "tidemark_buffer_bound_bytes")).toBe(67_108_864);
  });

  it("then every service is ready, and says so in its metrics", async () => {
    for (const [name, port] of ports) {
      expect((await fetch(`http://127.0.0.1:${port}/live`)).status, name).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/ready`)).status, name).toBe(200);
      expect(sum(name, "tidemark_ready"), name).toBe(1);
    }
  });
});

describe("given that Redis answers no more", () => {
  it("then segments says so on /ready, and is ready again once it answers", async () => {
    const pid = await redisPid(product.env.REDIS_URL ?? "");
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${ports.get("segments")}/ready`);
      return { status: answer.status, reason: await answer.text() };
    };
    process.kill(pid, "SIGSTOP");
    try {
      const state = await until(async () => {
        const found = await ask();
        return found.status === 503 ? found : undefined;
      });
      expect(state.reason).toMatch(/^Redis does not answer for \d+ s/);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until(async () => (await ask()).status === 200);
  });
});

describe("given further instances that are told to stop", () => {
  it.each(["orders", "segments", "warehouse", "automations"])("then %s exits with 0", async (name) => {
    const child = spawn(process.execPath, [join(root, "services", name, "src/main.ts")], {
      env: { ...process.env, ...product.env, HTTP_PORT: "0", AUTOMATIONS_WEBHOOKS: "{}" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    await until(async () => said.includes('"started"'));
    await until(async () => /partitions (taken over|opened)/.test(said));
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(said).not.toContain("did not finish in time");
    expect(code).toBe(0);
  });
});

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Prometheus' text format, as much of it as its own client writes. */
async function scrape(service: string): Promise<readonly Sample[]> {
  const text = await (await fetch(`http://127.0.0.1:${ports.get(service)}/metrics`)).text();
  return text.split("\n").flatMap((line) => {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found === null) return [];
    const [, name = "", labels = "", value] = found;
    const pairs = [...labels.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = "", content = ""]) => [
      key,
      content,
    ]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

function samples(
  service: string,
  name: string,
  where: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return (metrics.get(service) ?? []).filter(
    (sample) =>
      sample.name === name && Object.entries(where).every(([key, value]) => sample.labels[key] === value),
  );
}

function sum(service: string, name: string, where: Readonly<Record<string, string>> = {}): number {
  return samples(service, name, where).reduce((total, { value }) => total + value, 0);
}

async function sendProfiles(endsAt: number): Promise<void> {
  await prepareSources(product.codec);
  const occurredAt = Date.now();
  const subscription = { status: "active", endsAt: new Date(endsAt).toISOString() };
  const count = await product.log.partitionCount(topicNames.lifecycle);
  const customers = [
    ...Array.from({ length: profiles }, (_, at) => `customer-${at}`),
    ...Array.from({ length: unattributed }, () => null),
  ];
  for (const [at, customerId] of customers.entries()) {
    const { key, value } = lifecycleRecord(product.codec, {
      name: "profile.updated",
      customerId,
      companyId: null,
      occurredAt,
      eventId: null,
      attributes: JSON.stringify({ subscription }),
      properties: null,
    });
    await product.log.append(topicNames.lifecycle, at % count, [{ key: Buffer.from(key), value }]);
  }
}

/** Redis says itself which process it is. */
async function redisPid(url: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("INFO server\r\n");
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    const found = /process_id:(\d+)/.exec(text)?.[1];
    if (found === undefined) continue;
    socket.destroy();
    return Number(found);
  }
  throw new Error("Redis does not say which process it is");
}

/** Resolves to the first answer that is not undefined or false; rejects after three minutes. */
async function until<Answer>(ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  for (const end = Date.now() + 180_000; Date.now() < end; ) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("it never happened");
}
