/** The contract on the broker at KAFKA_BROKERS. */
import { Admin } from "@platformatic/kafka";
import type { Logger } from "@tidemark/runtime";
import { afterAll } from "vitest";
import { createLog, type KafkaOptions } from "../src/index.ts";
import { logContract } from "./log-contract.ts";

const quiet = () => {};
export const quietLogger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: process.env.KAFKA_TEST_LOG ? console.warn : quiet,
  error: process.env.KAFKA_TEST_LOG ? console.error : quiet,
  fatal: quiet,
} as unknown as Logger;

export const brokers = () => (process.env.KAFKA_BROKERS ?? "127.0.0.1:9092").split(",");

export function realBrokerContract(client: KafkaOptions["client"]): void {
  let admin: Admin | undefined;
  const opened = () => {
    admin ??= new Admin({ clientId: "contract", bootstrapBrokers: brokers() });
    return admin;
  };
  afterAll(async () => admin?.close());

  logContract(client, async () => ({
    connect: () =>
      createLog({ client, brokers: brokers(), clientId: `contract-${client}`, logger: quietLogger }),
    async trim(topic, partition, offset) {
      await opened().deleteRecords({
        topics: [{ name: topic, partitions: [{ partition, offset: BigInt(offset) }] }],
      });
    },
  }));
}
