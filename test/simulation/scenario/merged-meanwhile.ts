/** Customers who become one while definitions are filled (law F6): what a sweep brings of each of them counts once. */
import type { Random } from "../world/random.ts";
import type { Document } from "./definitions.ts";
import { type Edit, type Step, sourcePartitions } from "./scenario.ts";

const orders = (comparator: object): object => ({ count: "order.placed", ...comparator });

/** Says how many there were, for good: what is lost or counted twice on the way is seen at the end. */
const lifetime = (more: number): Document => ({
  kind: "classification",
  id: "lifetime",
  name: "lifetime",
  categories: [
    ...Array.from({ length: 6 + more }, (_, at) => ({ id: `n-${at + 1}`, when: orders({ is: at + 1 }) })),
    { id: "many", when: orders({ atLeast: 7 + more }) },
  ],
  otherwise: "none",
});

const spent = (atLeast: number): Document => ({
  kind: "segment",
  id: "spent-ever",
  name: "spent-ever",
  when: {
    any: [
      { sum: "total", of: "order.placed", atLeast },
      { count: "page.viewed", atLeast: 3 },
    ],
  },
});

/** Of numbers of their own; none where nothing is filled. `delaysOf`: how long an edit takes to each partition. */
export function mergedMeanwhile(
  random: Random,
  filled: readonly Step[],
  customers: readonly string[],
  delaysOf: () => Edit["delaysMs"],
): Step[] {
  if (filled.length === 0 || random.chance(0.4)) return [];
  const from = random.pick(filled).at;
  const edited = ({ kind, id, ...rest }: Document, at: number): Step => {
    const document = { kind, id, ...rest };
    return { at, type: "edit", edit: { kind, id, document, delaysMs: delaysOf() } };
  };
  const merged = (): Step => {
    const subject = random.pick(customers);
    // Also into somebody of whom nothing was heard yet.
    const into = random.chance(0.4)
      ? random.pick(["fay", "gus"])
      : random.pick(customers.filter((id) => id !== subject));
    const ageMs = random.chance(0.8) ? random.whole(0, 300) : random.whole(300, 30_000);
    const input = { topic: "lifecycle", name: "customer.merged", subject, into, ageMs } as const;
    const partition = random.whole(0, sourcePartitions - 1);
    return { at: from + random.whole(500, 8_000), type: "input", input, partition };
  };
  // Partitions begin a sweep one after another, and who was merged arrives in between.
  const slow = (): Step => {
    const fault = { fault: "weather", target: "append", forMs: 6_000, failing: 0.1, slowMs: 1_500 } as const;
    return { at: from + random.whole(1_500, 5_000), type: "fault", fault };
  };
  // Who begins it dies in the midst of that.
  const interrupted = (): Step => {
    const where = { service: "warehouse", instance: 0, afterCalls: random.whole(0, 12) } as const;
    const fault = { fault: "crash", ...where, downMs: random.whole(1_500, 4_000) } as const;
    return { at: from + random.whole(1_500, 4_000), type: "fault", fault };
  };
  return [
    edited(lifetime(0), from + random.whole(0, 2_000)),
    ...(random.chance(0.5) ? [edited(spent(120), from + random.whole(0, 4_000))] : []),
    ...(random.chance(0.3) ? [edited(lifetime(2), from + random.whole(2_500, 9_000))] : []),
    ...Array.from({ length: random.whole(1, 6) }, merged),
    ...(random.chance(0.4) ? [slow()] : []),
    ...(random.chance(0.6) ? [interrupted()] : []),
  ];
}
