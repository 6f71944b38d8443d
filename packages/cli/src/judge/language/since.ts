/** `since: last` and `since: first`: the time since that event; without one it does not hold. */
import { seriesOf } from "./aggregate.ts";
import { numberComparators, quantityTest } from "./comparators.ts";
import { durationOf, type Json, onlyKeys, Uninterpretable } from "./json.ts";
import type { Holds, Moment } from "./moment.ts";
import { selectorOf } from "./selector.ts";
import type { Watcher } from "./watch.ts";

export function sinceCondition(json: Json, watcher: Watcher): Holds {
  onlyKeys(json, ["since", "of", ...numberComparators], "since");
  const { holds, bounds } = quantityTest(json, (value) => durationOf(value, "the time since"));
  const elapsed = elapsedSince(json, bounds, watcher);
  return (moment) => {
    const ms = elapsed(moment);
    return ms !== undefined && holds((bound) => ms - bound);
  };
}

/** The ms since the first or last such event; looks out for when they reach and pass each bound. */
export function elapsedSince(
  json: Json,
  bounds: readonly number[],
  watcher: Watcher,
): (moment: Moment) => number | undefined {
  const edge = json.since;
  if (edge !== "first" && edge !== "last")
    throw new Uninterpretable(`since is neither first nor last: ${JSON.stringify(edge)}`);
  const selector = watcher.use(selectorOf(json.of));
  watcher.onEvents(selector, `since ${bounds.join(" ")}`, null, (at) =>
    bounds.flatMap((bound) => [Number(at) + bound, Number(at) + bound + 1]),
  );
  return (moment) => {
    const { remembered } = seriesOf(moment, selector);
    const happened = edge === "first" ? remembered.at(0) : remembered.at(-1);
    return happened && moment.now - happened.at;
  };
}
