/**
 * What to look out for: each condition says of which events and attributes, and at which instants after them its
 * answer may turn while nothing further happens. Instants too many do no harm, each is only looked at; one too few
 * would be a change missed.
 */
import type { Json } from "./json.ts";
import type { Selector } from "./selector.ts";
import type { Zone } from "./zone.ts";

/** The workspace's or a named zone, or the subject's own. */
export type ZoneChoice = Zone | "customer";

export interface Scope {
  readonly zone: Zone;
  /** Nothing before this instant is asked for, and nothing after `until`. */
  readonly from: number;
  readonly until: number;
  /** Instants may count by the start of their hour, see `language/aggregate.ts`. */
  readonly hasHours: boolean;
}

interface WatchCommon {
  readonly key: string;
  readonly zone: ZoneChoice | null;
  /** Of a value that an event or a patch brought. */
  readonly turns: (value: unknown, scope: Scope) => readonly number[];
  /** Names of the definitions that may change with it. */
  readonly owners: Set<string>;
}

interface EventWatch extends WatchCommon {
  readonly selector: Selector;
  /** What of an event is looked at. */
  readonly values: (at: number, properties: Json) => readonly unknown[];
}

interface AttributeWatch extends WatchCommon {
  readonly steps: readonly string[];
}

/** What is gathered while definitions are read. */
export interface Gathering {
  readonly selectors: Map<string, Selector>;
  readonly events: Map<string, EventWatch>;
  readonly attributes: Map<string, AttributeWatch>;
}

export function emptyGathering(): Gathering {
  return { selectors: new Map(), events: new Map(), attributes: new Map() };
}

type Turns = WatchCommon["turns"];

export interface Watcher {
  /** Names what is used, and answers the selector that is known by the same key. */
  use(selector: Selector): Selector;
  /** `key` says what the turns hang on, so that like ones are kept once. */
  onEvents(selector: Selector, key: string, zone: ZoneChoice | null, turns: Turns): void;
  onProperty(
    selector: Selector,
    key: string,
    zone: ZoneChoice | null,
    turns: Turns,
    values: EventWatch["values"],
  ): void;
  onAttribute(steps: readonly string[], key: string, zone: ZoneChoice | null, turns: Turns): void;
}

/** `owner`: the definition that is being read. */
export function watcher(gathering: Gathering, owner: string): Watcher {
  const keep = <Watch extends WatchCommon>(watches: Map<string, Watch>, watch: Watch): void => {
    const known = watches.get(watch.key) ?? watch;
    known.owners.add(owner);
    watches.set(watch.key, known);
  };
  const use = (selector: Selector): Selector => {
    const known = gathering.selectors.get(selector.key) ?? selector;
    gathering.selectors.set(selector.key, known);
    return known;
  };
  const onProperty: Watcher["onProperty"] = (selector, key, zone, turns, values) => {
    const full = `${selector.key}|${key}|${zoneKey(zone)}`;
    keep(gathering.events, { key: full, selector: use(selector), zone, turns, values, owners: new Set() });
  };
  return {
    use,
    onProperty,
    onEvents: (selector, key, zone, turns) => onProperty(selector, key, zone, turns, (at) => [at]),
    onAttribute(steps, key, zone, turns) {
      const full = `${steps.join(".")}|${key}|${zoneKey(zone)}`;
      keep(gathering.attributes, { key: full, steps, zone, turns, owners: new Set() });
    },
  };
}

function zoneKey(zone: ZoneChoice | null): string {
  if (zone === null) return "";
  return zone === "customer" ? "customer" : zone.name;
}
