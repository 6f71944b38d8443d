/** What Redis holds per customer, as Redis itself counts it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench } from "./bench.ts";

const run = promisify(execFile);
const sampledOrders = 2_000;

export interface RedisFigures {
  readonly stateBytesPerCustomer: number;
  readonly timerBytesPerCustomer: number;
  readonly orderBytesPerImage: number;
  readonly orderImages: number;
}

export async function measureRedis(bench: Bench, customers: number): Promise<RedisFigures> {
  const ask = async (...command: readonly string[]): Promise<string> =>
    (await run("redis-cli", ["-u", bench.env.REDIS_URL ?? "", ...command], { maxBuffer: 1 << 28 })).stdout;
  const bytesOf = async (key: string): Promise<number> =>
    Number((await ask("MEMORY", "USAGE", key, "SAMPLES", "0")).trim()) || 0;
  let state = 0;
  let timers = 0;
  for (let partition = 0; partition < bench.partitions; partition += 1) {
    state += await bytesOf(`tm:{${partition}}:subjects`);
    timers += await bytesOf(`tm:{${partition}}:timers:live`);
    timers += await bytesOf(`tm:{${partition}}:timers:held`);
  }
  const orders = (await ask("--scan", "--pattern", "tm:*:order:*")).split("\n").filter(Boolean);
  const sample = orders.slice(0, sampledOrders);
  let sampled = 0;
  for (const key of sample) sampled += await bytesOf(key);
  return {
    stateBytesPerCustomer: Math.round(state / customers),
    timerBytesPerCustomer: Math.round(timers / customers),
    orderBytesPerImage: sample.length === 0 ? 0 : Math.round(sampled / sample.length),
    orderImages: orders.length,
  };
}
