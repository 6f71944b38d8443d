/** The real engine folds random logs, with crashes in between; the judge has to find nothing wrong, and nothing lacking. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeLogs } from "../src/judge/judge-logs.ts";
import { begin, day, documents, eventAttributes, eventProperties, hour } from "./judge-arbitraries.ts";
import { archiveOf, type EnginePartition, endsOf, enginePartition } from "./judge-partition.ts";
import type { Json } from "./judge-support.ts";

const zone = "Europe/Berlin";

type Step = (partition: EnginePartition) => Promise<void> | void;
interface Action {
  readonly said: string;
  readonly step: Step;
}

const subject = fc.constantFrom(
  { subject: "c-1", subjectKind: "customer" as const },
  { subject: "c-1", subjectKind: "customer" as const },
  { subject: "c-2", subjectKind: "customer" as const },
  { subject: "k-1", subjectKind: "company" as const },
);
/** How long before it was appended an event occurred. */
const lateness = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 40 }).map((days) => days * day + 3 * hour),
);
const placed = fc.record({
  orderId: fc.constantFrom("o-1", "o-2", "o-3", "o-4"),
  action: fc.constant("placed" as const),
  version: fc.option(fc.integer({ min: 1, max: 4 })),
  refund: fc.constant(null),
});
const corrected = fc.record({
  orderId: fc.constantFrom("o-1", "o-2", "o-3", "o-4"),
  action: fc.constantFrom("updated" as const, "refunded" as const, "refunded" as const, "cancelled" as const),
  version: fc.option(fc.integer({ min: 1, max: 4 })),
  refund: fc.option(fc.integer({ min: 0, max: 1_500 }).map((cents) => cents / 100)),
});

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        subject,
        lateness,
        eventProperties,
        fc.option(eventAttributes),
        fc.option(fc.constantFrom("e-1", "e-2")),
      )
      .map(([who, ago, properties, attributes, eventId]) => {
        const said = {
          ...who,
          properties: JSON.stringify(properties),
          attributes: attributes && JSON.stringify(attributes),
          eventId,
        };
        return {
          said: `view ${JSON.stringify(said)} ${ago / hour} h ago`,
          step: (partition: EnginePartition) =>
            partition.event({ ...said, occurredAt: partition.now() - ago }),
        };
      }),
  },
  {
    weight: 10,
    arbitrary: fc
      .tuple(
        subject,
        lateness,
        eventProperties,
        fc.oneof({ weight: 3, arbitrary: placed }, { weight: 2, arbitrary: corrected }),
      )
      .map(([who, ago, properties, order]) => {
        const said = { ...who, name: `order.${order.action}`, properties: JSON.stringify(properties), order };
        return {
          said: `order ${JSON.stringify(said)} ${ago / hour} h ago`,
          step: (partition: EnginePartition) =>
            partition.event({ ...said, occurredAt: partition.now() - ago }),
        };
      }),
  },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 30 * 24 }).map((hours) => ({
      said: `${hours} h pass`,
      step: (partition: EnginePartition) => partition.advance(hours * hour),
    })),
  },
  {
    weight: 4,
    arbitrary: fc.constant({ said: "fire", step: (partition: EnginePartition) => partition.fire() }),
  },
  {
    weight: 3,
    arbitrary: fc.constant({ said: "fold", step: (partition: EnginePartition) => partition.fold() }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ said: "crash", step: (partition: EnginePartition) => partition.crash() }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("retry" as const, "ambiguous" as const))
      .map(([times, kind]) => ({
        said: `${times} ${kind} failures`,
        step: (partition: EnginePartition) => partition.failAppends(times, kind),
      })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(5).map((index) => ({
      said: `again ${index}`,
      step: (partition: EnginePartition) => partition.again(index),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("LoadBegin" as const, "LoadEnd" as const).map((load) => ({
      said: load,
      step: (partition: EnginePartition) => partition.load(load),
    })),
  },
);

const companyToo = (given: readonly Json[]): Json[] => [
  ...given,
  {
    kind: "segment",
    id: "company-buys",
    subject: "company",
    when: { sum: "total", of: "order.placed", during: { last: "30 days" }, atLeast: 10 },
  },
];

async function run(given: readonly Json[], actions: readonly Action[]) {
  const partition = await enginePartition(given, zone, begin + 60 * day);
  for (const { step } of actions) await step(partition);
  await partition.load("LoadEnd");
  partition.advance(20 * day);
  await partition.fire();
  // What history armed waits half a minute.
  partition.advance(60_000);
  await partition.fire();
  const logs = await partition.logs();
  const options = { asOf: partition.now() - 60_000, zone, onProgress: () => {} };
  return { verdict: judgeLogs({ logs, archive: archiveOf(logs), ends: endsOf(logs) }, options), logs };
}

describe("given a partition folded by the engine, with repeats, corrections, crashes and loads", () => {
  it("when it is drained, then the judge finds nothing lost and nothing doubled", async () => {
    await fc.assert(
      fc.asyncProperty(
        documents.map(companyToo),
        fc.array(
          action.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.said })),
          { minLength: 3, maxLength: 40 },
        ),
        async (given, actions) => {
          const { verdict } = await run(given, actions);
          expect(verdict.details).toEqual([]);
          expect([verdict.lost, verdict.duplicates]).toEqual([0, 0]);
        },
      ),
      { numRuns: Number(process.env.JUDGE_RUNS ?? 60) },
    );
  });
});
