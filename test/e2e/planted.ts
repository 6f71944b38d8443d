/** Looks for texts in all that the product keeps: Redis, ClickHouse, dead letters, logs, metrics. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Admin } from "@platformatic/kafka";
import { topicNames } from "@tidemark/contracts";
import type { TestProduct } from "./product.ts";

const run = promisify(execFile);

/** Which texts stand where: `place: text`, sorted. */
export async function findPlanted(product: TestProduct, texts: readonly string[]): Promise<string[]> {
  const places = [
    ...(await redisTexts(product)),
    ...(await tableTexts(product)),
    ...(await letterTexts(product)),
    ...logTexts(product),
    ...(await metricTexts(product)),
  ];
  const found = places.flatMap(([place, content]) =>
    texts.filter((text) => content.includes(text)).map((text) => `${place}: ${text}`),
  );
  return [...new Set(found)].sort();
}

type Text = readonly [place: string, content: string];

async function redisTexts({ env }: TestProduct): Promise<Text[]> {
  const ask = async (...command: readonly string[]): Promise<string> => {
    const options = { maxBuffer: 1 << 28, encoding: "latin1" } as const;
    return (await run("redis-cli", ["-u", env.REDIS_URL ?? "", ...command], options)).stdout;
  };
  const keys = (await ask("--scan")).split("\n").filter(Boolean);
  const texts: Text[] = [["redis", keys.join("\n")]];
  for (const key of keys) {
    const type = (await ask("TYPE", key)).trim();
    if (type === "hash") texts.push(["redis", await ask("HGETALL", key)]);
    if (type === "string") texts.push(["redis", await ask("GET", key)]);
    if (type === "zset") texts.push(["redis", await ask("ZRANGE", key, "0", "-1")]);
  }
  return texts;
}

async function tableTexts({ warehouse }: TestProduct): Promise<Text[]> {
  const tables = await warehouse.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  const texts: Text[] = [];
  for (const { name } of tables)
    texts.push([`table ${name}`, JSON.stringify(await warehouse.query(`SELECT * FROM ${name}`))]);
  texts.push(["mutations", JSON.stringify(await warehouse.query("SELECT * FROM system.mutations"))]);
  return texts;
}

async function letterTexts({ log }: TestProduct): Promise<Text[]> {
  const texts: Text[] = [];
  const starts = await log.startOffsets(topicNames.deadLetters);
  for (const [partition, start] of starts.entries())
    for await (const records of log.read(topicNames.deadLetters, partition, start))
      for (const { key, value, headers } of records)
        texts.push(["dead letters", [key, value, ...headers.map(([, one]) => one)].map(String).join("\n")]);
  return texts;
}

function logTexts({ home }: TestProduct): Text[] {
  return readdirSync(home.logs).map((file) => ["logs", readFileSync(join(home.logs, file), "utf8")]);
}

async function metricTexts({ services, apiUrl }: TestProduct): Promise<Text[]> {
  const urls = services("UTC").pipeline.map(({ port }) => `http://127.0.0.1:${port}`);
  const texts: Text[] = [];
  for (const url of [apiUrl, ...urls]) texts.push(["metrics", await (await fetch(`${url}/metrics`)).text()]);
  return texts;
}

/** Lets the broker compact dead letters at once instead of within hours. */
export async function compactSoon({ env }: TestProduct): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: (env.KAFKA_BROKERS ?? "").split(",") });
  const settings = {
    "segment.ms": "500",
    "max.compaction.lag.ms": "1",
    "min.cleanable.dirty.ratio": "0.01",
  };
  const configs = Object.entries(settings).map(([name, value]) => ({
    name,
    value,
    configOperation: 0 as const,
  }));
  try {
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: 2, resourceName: topicNames.deadLetters, configs }],
    });
  } finally {
    await admin.close();
  }
}
