/**
 * `npm run bench -- --overload`: more events than the product can carry, for a while, on the real stack with every
 * service: what each holds in memory against its bound, and whether all of it is done afterwards.
 * One line of JSON on standard output; progress on standard error. Ends with 1 where anything was lost or came twice, or
 * a bound was passed.
 *   --seconds N      how long (300)
 *   --rate N         what it can carry, in events a second; measured unless given
 *   --times N        how many times as much comes (10)
 *   --customers N, --partitions N, --seed N
 */

import { getPriority, setPriority } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serviceSettings } from "../../scripts/settings-reference.ts";
import { openTestProduct, type TestProduct } from "../e2e/product.ts";
import { judge } from "./overload/oracle.ts";
import { openProducer, type Producer } from "./overload/producer.ts";
import { openReceivers, type Receivers } from "./overload/receivers.ts";
import { type Backlog, readBacklog, watchMemory } from "./overload/watch.ts";

const definitions = fileURLToPath(new URL("overload/definitions.yaml", import.meta.url));
const services = [
  "orders",
  "interactions",
  "lifecycle",
  "segments",
  "warehouse",
  "automations",
  "api",
] as const;
/** Events that go before, so that everything is warm, and those by which the rate is measured. */
const warmUpEvents = 20_000;
const measuredEvents = 80_000;
/** The services' priority while more comes than they can carry: the load is not theirs to slow. */
const nice = 10;
const lookEveryMs = 5_000;
/** As each service declares it. */
const boundsMiB = new Map(
  services
    .map((name) => [name as string, serviceSettings[name]?.MEMORY_BYTES?.default])
    .map(([name, bytes]) => [String(name), Number(bytes) / 1_048_576]),
);
const say = (message: string): void => void process.stderr.write(`${message}\n`);

export async function measureOverload(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      overload: { type: "boolean" },
      seconds: { type: "string", default: "300" },
      rate: { type: "string" },
      times: { type: "string", default: "10" },
      customers: { type: "string", default: "50000" },
      partitions: { type: "string", default: "32" },
      seed: { type: "string", default: String(1 + Math.floor(Math.random() * 1e6)) },
    },
  });
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  say(`seed ${seed}`);
  const receivers = await openReceivers();
  const product = await openTestProduct(Number(values.partitions), [definitions]);
  try {
    startServices(product, receivers);
    await product.supervisor.ready();
    const producer = await openProducer(product, { seed, customers: Number(values.customers) });
    const rate = values.rate === undefined ? await sustainable(product, producer) : Number(values.rate);
    say(`it carries ${Math.round(rate)} events/s; now ${values.times} times as many for ${seconds} s`);

    const memory = watchMemory(services, product.pidOf);
    memory.reset();
    const backlogs: Backlog[] = [];
    const stopLooking = lookNowAndThen(product, (backlog) => backlogs.push(backlog));
    receivers.hang(true);
    for (const name of services) setPriority(product.pidOf(name) ?? 0, nice);
    const offered = await producer.steady(rate * Number(values.times), seconds);
    receivers.hang(false);
    for (const name of services) setPriority(product.pidOf(name) ?? 0, getPriority());
    const endedAt = performance.now();
    say(`sent ${producer.count()} events, ${Math.round(offered)}/s; waiting until all is done`);
    const asOf = await Promise.race([product.drained(), product.supervisor.failed]);
    const recoveredSeconds = (performance.now() - endedAt) / 1_000;
    await stopLooking();
    memory.stop();
    const verdict = await judge(product.warehouse, producer, asOf, receivers.received);
    for (const finding of verdict.findings) say(finding);
    const peaks = Object.entries(memory.peaks()).map(
      ([name, bytes]) => [name, Math.round(bytes / 1_048_576)] as const,
    );
    const passed = peaks
      .filter(([name, mebibytes]) => mebibytes > (boundsMiB.get(name) ?? 0))
      .map(([name]) => name);
    const most = (of: keyof Backlog): number => Math.max(...backlogs.map((backlog) => backlog[of]));
    process.stdout.write(
      `${JSON.stringify({
        overload: {
          seed,
          seconds,
          partitions: Number(values.partitions),
          events: producer.count(),
          sustainablePerSecond: Math.round(rate),
          offeredPerSecond: Math.round(offered),
          recoveredSeconds: Math.round(recoveredSeconds),
          mostWaiting: {
            sources: most("sources"),
            events: most("events"),
            eventsOfOnePartition: most("eventsOfOne"),
            changes: most("changes"),
            archive: most("archive"),
          },
          residentMiB: Object.fromEntries(peaks),
          boundMiB: Object.fromEntries(boundsMiB),
          tooMuchMemory: passed,
          lost: verdict.lost,
          repeated: verdict.repeated,
        },
      })}\n`,
    );
    return verdict.lost + verdict.repeated + passed.length === 0 ? 0 : 1;
  } finally {
    receivers.close();
    await product.close();
  }
}

function startServices(product: TestProduct, receivers: Receivers): void {
  for (const plan of product.services("UTC").pipeline) {
    const env = plan.name === "automations" ? { AUTOMATIONS_WEBHOOKS: receivers.setting } : {};
    product.supervisor.start({ ...plan, env: { ...plan.env, ...env, LOG_LEVEL: "warn" } });
  }
}

/** A backlog, worked off by all services at once, down to webhooks and ClickHouse. */
async function sustainable(product: TestProduct, producer: Producer): Promise<number> {
  await producer.burst(warmUpEvents);
  await product.drained();
  const startedAt = performance.now();
  await producer.burst(measuredEvents);
  await Promise.race([product.drained(), product.supervisor.failed]);
  return measuredEvents / ((performance.now() - startedAt) / 1_000);
}

/** Answers how to end it. */
function lookNowAndThen(
  { log, store }: TestProduct,
  onBacklog: (backlog: Backlog) => void,
): () => Promise<void> {
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      const backlog = await readBacklog(log, store).catch(() => undefined);
      if (backlog !== undefined) {
        onBacklog(backlog);
        say(
          `waiting: ${backlog.sources} in the sources, ${backlog.events} events (${backlog.eventsOfOne} in one partition), ${backlog.changes} changes, ${backlog.archive} for the archive`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  })();
  return async () => {
    stopped = true;
    await looking;
  };
}
