/** A broker of a test's own behind a proxy, to be killed, frozen and cut off without harm to anybody else. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../infra/src/index.ts";
import { installStack } from "../../../infra/src/install.ts";
import { planKafka } from "../../../infra/src/kafka.ts";
import { type Part, startPart } from "../../../infra/src/part.ts";

export interface OwnBroker {
  /** Where clients connect. */
  readonly address: string;
  /** As a machine that loses its power: no goodbye. */
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Ends every connection, with whatever is under way. */
  cut(): void;
  /** While true, requests reach the broker and its answers reach nobody. */
  swallowAnswers(swallow: boolean): void;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

export async function startOwnBroker(): Promise<OwnBroker> {
  const parent = join(root, ".tidemark", "test");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "broker-"));
  const ports = await freePorts();
  const cacheDir = process.env.TIDEMARK_CACHE || join(root, ".tidemark", "cache");
  const installed = await installStack(cacheDir, join(root, "infra", "kafka", "pom.xml"), () => {});
  const proxy = await startProxy(ports.kafka);
  const plan = await planKafka({
    folder,
    classPath: installed.kafkaClassPath,
    logConfiguration: join(root, "infra", "kafka", "log4j2.properties"),
    port: ports.kafka,
    controllerPort: ports.kafkaController,
    doors: [],
  });
  const settings = join(folder, "server.properties");
  writeFileSync(
    settings,
    readFileSync(settings, "utf8").replace(
      /^advertised.listeners=.*$/m,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${proxy.port}`,
    ),
  );
  let part: Part = await startPart(plan);
  return {
    address: `127.0.0.1:${proxy.port}`,
    async kill() {
      process.kill(part.pid, "SIGKILL");
      await part.stop();
    },
    async start() {
      part = await startPart(plan);
    },
    freeze: () => process.kill(part.pid, "SIGSTOP"),
    thaw: () => process.kill(part.pid, "SIGCONT"),
    cut: proxy.cut,
    swallowAnswers: proxy.swallowAnswers,
    async remove() {
      proxy.close();
      await part.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProxy(target: number) {
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallow = false;
  const server = createServer((client) => {
    const broker = tcpConnect(target, "127.0.0.1");
    const pair = [client, broker] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      broker.destroy();
    };
    client.on("data", (chunk) => broker.write(chunk));
    broker.on("data", (chunk) => {
      if (!swallow) client.write(chunk);
    });
    for (const socket of pair) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      for (const [client, broker] of pairs) {
        client.destroy();
        broker.destroy();
      }
    },
    swallowAnswers(value: boolean) {
      swallow = value;
    },
    close() {
      for (const [client] of pairs) client.destroy();
      server.close();
    },
  };
}
