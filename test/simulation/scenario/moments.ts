/** Faults that meet: what each of them does alone is rarely seen by the next. */
import type { Random } from "../world/random.ts";
import type { Fault, ServiceName, Step } from "./scenario.ts";

const dayMs = 86_400_000;

/** One moment in some seeds. Of numbers of their own: what else a seed brings does not hang on them. */
export function momentsOf(
  random: Random,
  untilMs: number,
  instances: Readonly<Record<ServiceName, number>>,
): Step[] {
  if (random.chance(0.75)) return [];
  const at = random.whole(3_000, untilMs - 5_000);
  const moment = random.pick([webhooksHeld, storeBehindOwners, appendsBehindOwners]);
  return moment(random, instances)
    .map(([afterMs, fault]): Step => ({ at: at + afterMs, type: "fault", fault }))
    .filter((step) => step.at < untilMs);
}

type Moment = readonly (readonly [afterMs: number, fault: Fault])[];
type Instances = Readonly<Record<ServiceName, number>>;

/** Endpoints take nothing while whoever has messages in hand goes, or while a day passes. */
function webhooksHeld(random: Random, instances: Instances): Moment {
  const service = "automations";
  const where = { service, instance: random.whole(0, instances[service] - 1) } as const;
  const meanwhile: Fault = random.pick([
    { fault: "stop", ...where, downMs: random.whole(10, 4_000) },
    { fault: "crash", ...where, afterCalls: random.whole(0, 5), downMs: random.whole(50, 4_000) },
    { fault: "rebalances", service, times: random.whole(1, 3), everyMs: random.whole(50, 1_000) },
    { fault: "leap", byMs: 2 * dayMs },
  ]);
  return [
    [0, { fault: "weather", target: "webhook", forMs: 6_000, failing: random.pick([0.8, 1]), slowMs: 300 }],
    [random.whole(1_500, 5_500), meanwhile],
  ];
}

/** Partitions move again and again, and the store forgets it. */
function storeBehindOwners(random: Random): Moment {
  const everyMs = random.whole(150, 300);
  return [
    [0, { fault: "rebalances", service: "segments", times: 6, everyMs }],
    [random.whole(2, 6) * everyMs, { fault: "store-forgets", backMs: 1_000 }],
  ];
}

/** What owners send is written late, behind the fences of those that come after them. */
function appendsBehindOwners(random: Random): Moment {
  return [
    [
      0,
      { fault: "weather", target: "append", forMs: 5_000, failing: random.pick([0.2, 0.5]), slowMs: 1_500 },
    ],
    [
      random.whole(300, 2_500),
      {
        fault: "rebalances",
        service: "segments",
        times: random.whole(2, 6),
        everyMs: random.whole(200, 900),
      },
    ],
  ];
}
