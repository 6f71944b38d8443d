/** A scenario out of a seed. */
import { type Random, randomOf } from "../world/random.ts";
import { edits, filledEdits } from "./definitions.ts";
import { identityMomentsOf } from "./identity-moments.ts";
import type { Input, InteractionInput, LifecycleInput, OrderInput } from "./input.ts";
import { mergedMeanwhile } from "./merged-meanwhile.ts";
import { momentsOf } from "./moments.ts";
import { rewrittenOf } from "./rewritten.ts";
import {
  type Edit,
  type Fault,
  type Scenario,
  type ServiceName,
  type Step,
  serviceNames,
  sourcePartitions,
} from "./scenario.ts";

const customers = ["ann", "bob", "cid", "dee", "eve"];
const companies = ["acme", "brand"];
const dayMs = 86_400_000;
/** Of some definitions. */
const windowsMs = [15_000, 20_000, 30_000];

type EditStep = Extract<Step, { readonly type: "edit" }>;

export function generateScenario(seed: number): Scenario {
  const random = randomOf(seed);
  const untilMs = random.whole(15_000, 45_000);
  const partitions = random.whole(2, 4);
  const instances = Object.fromEntries(
    serviceNames.map((name) => [name, name === "segments" ? random.whole(1, 3) : random.whole(1, 2)]),
  ) as Record<ServiceName, number>;
  const inputs = inputsOf(random, untilMs);
  const faults = Array.from({ length: random.whole(0, 10) }, () => random.whole(500, untilMs))
    .sort((a, b) => a - b)
    .map((at): Step => ({ at, type: "fault", fault: faultOf(random, instances) }));
  const changed = random.chance(0.3) ? [random.pick(edits)] : [];
  const editedOnce = changed.flatMap((edit): Step[] => {
    const delaysMs = delaysOf(random, partitions);
    const at = random.whole(3_000, untilMs);
    const first = longOnItsWay(randomOf(seed, 17), { at, type: "edit", edit: { ...edit, delaysMs } });
    return [first, ...editedAgain(randomOf(seed, 8), first, partitions)];
  });
  const rewriting = randomOf(seed, 15);
  const filledSteps = [
    ...filledOf(randomOf(seed, 14), untilMs, partitions),
    ...rewrittenOf(rewriting, untilMs, () => delaysOf(rewriting, partitions)),
  ];
  const isFilled = filledSteps.length > 0;
  const edited = isFilled ? filledSteps : editedOnce;
  const skips = skipsOf(randomOf(seed, 7), untilMs, instances);
  const moments = momentsOf(randomOf(seed, 10), untilMs, instances);
  const cuts = edited.length > 0 && !isFilled ? [] : cutsOf(randomOf(seed, 12), untilMs, partitions);
  const meeting = randomOf(seed, 16);
  const meanwhile = mergedMeanwhile(meeting, filledSteps, customers, () =>
    delaysOf(meeting, partitions),
  ).filter(({ at }) => at < untilMs);
  const merges = mergesOf(randomOf(seed, 3), untilMs, edited.length > 0);
  const erasures = erasuresOf(randomOf(seed, 4), untilMs);
  const identities = edited.length > 0 ? [] : identityMomentsOf(seed, untilMs, customers);
  return {
    seed,
    partitions,
    // The end of a month is the end of a block.
    startsAt: random.chance(0.2) ? Date.UTC(2026, 4, 31, 23, 59, 40) : Date.UTC(2026, 4, 12, 9, 30),
    untilMs,
    instances,
    failing: random.pick([0, 0.005, 0.03]),
    ...refusedOf(randomOf(seed, 11)),
    ...(cuts.length > 0 ? { byCuts: true } : {}),
    ...(isFilled ? { filled: true } : {}),
    steps: [
      ...meetingEdges(randomOf(seed, 9), inputs),
      ...edited,
      ...cuts,
      ...merges,
      ...meanwhile,
      ...erasures,
      ...identities,
      ...skips,
      ...moments,
      ...faults,
    ].sort((a, b) => a.at - b.at),
  };
}

function inputsOf(random: Random, untilMs: number): Step[] {
  const sent: Input[] = [];
  const placed: OrderInput[] = [];
  const count = random.whole(15, 45);
  // What is there before anybody reads is history.
  const early = random.chance(0.4) ? random.whole(1, 10) : 0;
  const times = Array.from({ length: count }, (_, index) =>
    index < early ? random.whole(0, 40) : random.whole(400, untilMs),
  );
  return times
    .sort((a, b) => a - b)
    .map((at): Step => {
      const input = random.chance(0.08) && sent.length > 0 ? random.pick(sent) : inputOf(random, placed);
      sent.push(input);
      // A subject's events mostly come by one partition, as a producer's key has it.
      const home = "customer" in input ? (input.customer ?? "").length : 0;
      const partition = random.chance(0.85) ? home % sourcePartitions : random.whole(0, sourcePartitions - 1);
      return { at, type: "input", input, partition };
    });
}

function inputOf(random: Random, placed: OrderInput[]): Input {
  const kind = random.next();
  if (kind < 0.06)
    return {
      topic: random.pick(["orders", "interactions", "lifecycle"]),
      bad: random.pick(["unreadable", "unattributed", "future", "invalid"]),
    };
  const who = {
    customer: random.chance(0.95) ? random.pick(customers) : null,
    company: random.chance(0.2) ? random.pick(companies) : null,
  };
  const subjects = who.customer === null && who.company === null ? { ...who, customer: "ann" } : who;
  const ageMs = ageOf(random);
  const eventId = random.chance(0.35) ? `e${random.whole(1, 40)}` : null;
  if (kind < 0.2) return { topic: "interactions", name: "page.viewed", ...subjects, ageMs, eventId };
  if (kind < 0.33) return lifecycleOf(random, subjects, ageMs);
  if (kind < 0.55 && placed.length > 0) return correctionOf(random, random.pick(placed));
  const order: OrderInput = {
    topic: "orders",
    action: "placed",
    orderId: `o${placed.length + 1}`,
    previous: null,
    ...subjects,
    ageMs,
    version: random.chance(0.5) ? 1 : null,
    total: random.pick([5, 20, 40, 60, 99.99, 120]),
    refund: null,
    eventId,
  };
  placed.push(order);
  // A correction may come before its order.
  return random.chance(0.05) ? correctionOf(random, order) : order;
}

/** Of numbers of their own: what else a seed brings does not hang on them. Some go round, some come twice. */
function mergesOf(random: Random, untilMs: number, isEdited: boolean): Step[] {
  if (isEdited || random.chance(0.4)) return [];
  const times = Array.from({ length: random.whole(1, 4) }, () => random.whole(2_000, untilMs));
  return times
    .sort((a, b) => a - b)
    .map((at): Step => {
      const [name, ids] = random.chance(0.85)
        ? (["customer.merged", customers] as const)
        : (["company.merged", companies] as const);
      const subject = random.pick(ids);
      const into = random.pick(ids.filter((id) => id !== subject));
      const ageMs = random.chance(0.7) ? random.whole(0, 300) : random.whole(300, 60_000);
      const input = { topic: "lifecycle", name, subject, into, ageMs } as const;
      return { at, type: "input", input, partition: random.whole(0, sourcePartitions - 1) };
    });
}

function erasuresOf(random: Random, untilMs: number): Step[] {
  if (random.chance(0.6)) return [];
  return Array.from({ length: random.whole(1, 3) }, (): Step => {
    const [name, ids] = random.chance(0.85)
      ? (["customer.erased", customers] as const)
      : (["company.erased", companies] as const);
    const ageMs = random.chance(0.7) ? random.whole(0, 300) : random.whole(300, 60_000);
    const input = { topic: "lifecycle", name, erased: random.pick(ids), ageMs } as const;
    return {
      at: random.whole(2_000, untilMs),
      type: "input",
      input,
      partition: random.whole(0, sourcePartitions - 1),
    };
  });
}

/** Most are fresh, some late, some history. */
function ageOf(random: Random): number {
  const age = random.next();
  if (age < 0.65) return random.whole(0, 300);
  if (age < 0.9) return random.whole(300, 40_000);
  return random.whole(3_000_000, 4 * dayMs);
}

function lifecycleOf(
  random: Random,
  subjects: { readonly customer: string | null; readonly company: string | null },
  ageMs: number,
): LifecycleInput {
  const attributes = random.chance(0.7) ? { tier: random.pick(["gold", "silver", null]) } : { note: "x" };
  const endsInMs = random.chance(0.4) ? random.whole(-10_000, 4 * dayMs) : null;
  return {
    topic: "lifecycle",
    name: "profile.updated",
    ...subjects,
    ageMs,
    eventId: null,
    attributes,
    endsInMs,
  };
}

function correctionOf(random: Random, order: OrderInput): OrderInput {
  const action = random.pick(["updated", "updated", "cancelled", "refunded"] as const);
  const moves = action === "updated" && random.chance(0.15) && order.customer !== null;
  return {
    ...order,
    action,
    customer: moves ? random.pick(customers) : order.customer,
    previous: moves ? order.customer : null,
    ageMs: random.whole(0, 300),
    version: order.version === null ? null : random.whole(1, 4),
    total: random.pick([5, 30, 75, 130]),
    refund: action === "refunded" ? random.pick([null, 5, 50]) : null,
    eventId: random.chance(0.2) ? `e${random.whole(1, 40)}` : null,
  };
}

function faultOf(random: Random, instances: Readonly<Record<ServiceName, number>>): Fault {
  const service = random.chance(0.5) ? "segments" : random.pick(serviceNames);
  const where = { service, instance: random.whole(0, instances[service] - 1) };
  const kind = random.next();
  const afterCalls = random.whole(0, 14);
  if (kind < 0.3) return { fault: "crash", ...where, afterCalls, downMs: random.whole(50, 9_000) };
  if (kind < 0.48) return { fault: "pause", ...where, afterCalls, forMs: random.whole(200, 15_000) };
  if (kind < 0.53) return { fault: "stop", ...where, downMs: random.whole(10, 4_000) };
  if (kind < 0.61)
    return { fault: "rebalances", service, times: random.whole(1, 6), everyMs: random.whole(50, 2_000) };
  if (kind < 0.7) return { fault: "store-forgets", backMs: random.whole(1, 1_000) };
  if (kind < 0.72) return { fault: "store-reconnects" };
  if (kind < 0.8) return { fault: "clock", ...where, aheadMs: aheadOf(random) };
  if (kind < 0.86) return { fault: "leap", byMs: random.pick([20_000, 70_000, 3_700_000, dayMs, 2 * dayMs]) };
  return {
    fault: "weather",
    target: random.pick(["append", "append", "read", "commit", "store", "warehouse", "webhook"]),
    forMs: random.whole(300, 6_000),
    failing: random.pick([0, 0.2, 0.5, 1]),
    slowMs: random.pick([0, 100, 1_500]),
  };
}

function refusedOf(random: Random): Pick<Scenario, "refused"> {
  return random.chance(0.2) ? { refused: `customer:${random.pick(customers)}` } : {};
}

function delaysOf(random: Random, partitions: number): Edit["delaysMs"] {
  return Array.from({ length: partitions }, () =>
    Array.from({ length: random.whole(1, 2) }, () => random.whole(0, 3_000)),
  );
}

/** Some are written before any event, and come to most partitions behind their first. */
function longOnItsWay(random: Random, step: EditStep): EditStep {
  if (random.chance(0.75)) return step;
  const delaysMs = step.edit.delaysMs.map(() => [random.whole(0, 15_000)]);
  return { ...step, at: random.whole(0, 200), edit: { ...step.edit, delaysMs } };
}

/** Definitions that change and are filled: some one after another, some while others are being filled. */
function filledOf(random: Random, untilMs: number, partitions: number): Step[] {
  if (random.chance(0.8)) return [];
  let at = random.whole(2_000, Math.max(2_000, untilMs - 6_000));
  return Array.from({ length: random.whole(1, 3) }, () => {
    const edit = { ...random.pick(filledEdits), delaysMs: delaysOf(random, partitions) };
    const first: EditStep = { at, type: "edit", edit };
    at += random.chance(0.5) ? random.whole(1, 1_500) : random.whole(1_500, 12_000);
    return [first, ...editedAgain(random, first, partitions)];
  })
    .flat()
    .filter((step) => step.at < untilMs);
}

/** Of numbers of their own. Some follow each other before anybody was looked at, some are as those before. */
function cutsOf(random: Random, untilMs: number, partitions: number): Step[] {
  if (random.chance(0.65)) return [];
  // In some the archive does not have those who are there when cuts come.
  const isArchiveBehind = random.chance(0.3);
  let at = isArchiveBehind ? random.whole(1_500, 5_000) : random.whole(200, untilMs);
  const steps = Array.from({ length: random.whole(1, 4) }, (): Step => {
    const spent = random.chance(0.1) ? null : random.pick([5, 40, 60, 60, 100, 160]);
    const step = { at, type: "cuts", cuts: { spent, delaysMs: delaysOf(random, partitions) } } as const;
    at += random.chance(0.3) ? random.whole(1, 2_000) : random.whole(2_000, 15_000);
    return step;
  }).filter((step) => step.at < untilMs);
  if (!isArchiveBehind) return steps;
  const forMs = random.whole(7_000, 12_000);
  const fault = { fault: "weather", target: "warehouse", forMs, failing: 1, slowMs: 0 } as const;
  return [{ at: random.whole(300, 1_500), type: "fault", fault }, ...steps];
}

/** A second version soon after the first: some partitions get the two the other way round. */
function editedAgain(random: Random, { at, edit }: EditStep, partitions: number): EditStep[] {
  const { kind, id, document } = edit;
  if (document === null || random.chance(0.6)) return [];
  const renamed = { ...document, name: `${id}, renamed again` };
  const delaysMs = delaysOf(random, partitions);
  return [{ at: at + random.whole(1, 2_000), type: "edit", edit: { kind, id, document: renamed, delaysMs } }];
}

/** Some events happen at the very instant at which an earlier one of the same customer leaves a window. */
function meetingEdges(random: Random, steps: readonly Step[]): Step[] {
  return steps.map((step, place) => {
    const input = aged(step);
    if (input === null || random.chance(0.9)) return step;
    const earlier = steps.slice(0, place).flatMap((before) => {
      const { customer, ageMs } = aged(before) ?? { customer: null, ageMs: 0 };
      return customer === input.customer ? [before.at - ageMs] : [];
    });
    const ages = earlier.flatMap((at) => windowsMs.map((windowMs) => step.at - at - windowMs));
    const met = ages.filter((ageMs) => ageMs >= 0 && ageMs < 60_000);
    return met.length === 0 ? step : { ...step, input: { ...input, ageMs: random.pick(met) } };
  });
}

function aged(step: Step): OrderInput | InteractionInput | null {
  if (step.type !== "input" || "bad" in step.input || step.input.topic === "lifecycle") return null;
  return step.input.customer === null ? null : step.input;
}

/** Of numbers of their own: what else a seed brings does not hang on them. */
function skipsOf(random: Random, untilMs: number, instances: Readonly<Record<ServiceName, number>>): Step[] {
  if (random.chance(0.8)) return [];
  return Array.from({ length: random.whole(1, 2) }, (): Step => {
    const service = random.pick(["warehouse", "automations"] as const);
    const instance = random.whole(0, instances[service] - 1);
    return { at: random.whole(500, untilMs), type: "fault", fault: { fault: "skip", service, instance } };
  });
}

/** Clocks of workers: a day ahead, and behind. */
function aheadOf(random: Random): number {
  return random.pick([dayMs, 2_000, 0, -3_000, -3_600_000, -dayMs]);
}
