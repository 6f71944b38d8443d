import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PartPlan } from "./part.ts";

const run = promisify(execFile);

export interface KafkaPlace {
  readonly folder: string;
  readonly classPath: string;
  readonly logConfiguration: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly doors: readonly KafkaDoor[];
}

/**
 * A further listener of the broker that tells clients another port than its own: whatever stands there sees all that a
 * client says, since clients go on with the address that the broker tells them, not with the one they were given.
 */
export interface KafkaDoor {
  readonly port: number;
  readonly advertisedPort: number;
}

/** One node that is broker and controller; formats its storage at the first start. */
export async function planKafka(place: KafkaPlace): Promise<PartPlan> {
  mkdirSync(place.folder, { recursive: true });
  const data = join(place.folder, "data");
  const file = join(place.folder, "server.properties");
  writeFileSync(file, describeBroker(place, data));
  if (!existsSync(join(data, "meta.properties"))) {
    const java = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", place.classPath, "kafka.tools.StorageTool"];
    await run("java", [...java, "format", "-t", clusterId(), "-c", file]);
  }
  return {
    name: "kafka",
    url: `127.0.0.1:${place.port}`,
    folder: place.folder,
    command: "java",
    arguments: [
      "-Xms256m",
      "-Xmx768m",
      "-XX:+UseG1GC",
      "-XX:MaxGCPauseMillis=20",
      "-Djava.awt.headless=true",
      `-Dlog4j2.configurationFile=${place.logConfiguration}`,
      "-cp",
      place.classPath,
      "kafka.Kafka",
      file,
    ],
    isReady: async (logFile) => readFileSync(logFile, "utf8").includes("Kafka Server started"),
  };
}

/** As `kafka-storage random-uuid` prints one: 16 random bytes in URL-safe Base64, no dash in front. */
function clusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? clusterId() : id;
}

function describeBroker(place: KafkaPlace, data: string): string {
  const broker = `PLAINTEXT://127.0.0.1:${place.port}`;
  const doors = place.doors.map((door, at) => ({ name: `DOOR${at}`, ...door }));
  const listeners = doors.map(({ name, port }) => `${name}://127.0.0.1:${port}`);
  const advertised = doors.map(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`);
  const protocols = ["PLAINTEXT", "CONTROLLER", ...doors.map(({ name }) => name)];
  const settings: Readonly<Record<string, string | number>> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${place.controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    listeners: [broker, `CONTROLLER://127.0.0.1:${place.controllerPort}`, ...listeners].join(","),
    "advertised.listeners": [broker, ...advertised].join(","),
    "listener.security.protocol.map": protocols.map((name) => `${name}:PLAINTEXT`).join(","),
    "log.dirs": data,
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 8,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "log.cleaner.dedupe.buffer.size": 33554432,
  };
  // A properties file reads a backslash as an escape.
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\")}\n`)
    .join("");
}
