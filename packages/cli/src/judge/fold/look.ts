/** Looks at a subject at one instant, and the instants at which it is worth looking again. */
import type { Reading } from "../language/definitions.ts";
import type { Moment } from "../language/moment.ts";
import { attributeAt } from "../language/values.ts";
import type { ZoneChoice } from "../language/watch.ts";
import { type Zone, zoneNamed } from "../language/zone.ts";
import type { CutPoints } from "../records.ts";
import type { Agenda } from "./agenda.ts";
import type { Added, History } from "./history.ts";

const zoneSteps = ["zone"];

/** The subject's own zone by its attribute; the workspace's where it names none that is known. */
function ownZone({ workspace }: Reading, { attributes }: History): Zone {
  const name = attributeAt(attributes, zoneSteps);
  return (typeof name === "string" ? zoneNamed(name) : undefined) ?? workspace;
}

/** `history`: what happened up to `now`; `cuts`: those in force. Each answer is worked out once. */
export function momentAt(reading: Reading, history: History, now: number, cuts: CutPoints): Moment {
  const states = new Map<string, string>();
  let own: Zone | undefined;
  const moment: Moment = {
    now,
    history,
    cut: (name) => (Object.hasOwn(cuts, name) ? cuts[name] : undefined),
    zone(choice) {
      if (choice !== "customer") return choice;
      own ??= ownZone(reading, history);
      return own;
    },
    stateOf(name) {
      const known = states.get(name);
      if (known !== undefined) return known;
      const answering = reading.answering.get(name);
      if (answering === undefined) throw new Error(`nothing answers for ${name}`);
      const state = answering.state(moment);
      states.set(name, state);
      return state;
    },
  };
  return moment;
}

/** Puts on the agenda when what was added may bring changes by itself. */
export interface Lookout {
  /** Call after the history has it. */
  lookOutFor(added: Added, from: number): void;
}

export function lookout(
  reading: Reading,
  history: History,
  agenda: Agenda,
  bounds: { readonly until: number; readonly hasHours: boolean },
): Lookout {
  const { events, attributes } = reading.gathering;
  const watchesByEvent = Map.groupBy(events.values(), ({ selector }) => selector.event);
  const everything: Added[] = [];
  const ownZones = new Map<string, Zone>([[reading.workspace.name, reading.workspace]]);

  const zonesOf = (choice: ZoneChoice | null): Iterable<Zone> =>
    choice === "customer" ? ownZones.values() : [choice ?? reading.workspace];

  const enter = (added: Added, from: number, onlyOwn: Zone | null): void => {
    const add = (
      watch: {
        readonly zone: ZoneChoice | null;
        readonly owners: ReadonlySet<string>;
        readonly turns: Turns;
      },
      value: unknown,
    ): void => {
      if (value === undefined || (onlyOwn !== null && watch.zone !== "customer")) return;
      for (const zone of onlyOwn === null ? zonesOf(watch.zone) : [onlyOwn])
        for (const instant of watch.turns(value, { ...bounds, zone, from }))
          if (instant > from && instant <= bounds.until) agenda.add(instant, watch.owners);
    };
    for (const { name, at, properties } of added.occurrences)
      for (const watch of watchesByEvent.get(name) ?? [])
        if (watch.selector.matches(properties))
          for (const value of watch.values(at, properties)) add(watch, value);
    if (added.patch === null) return;
    for (const watch of attributes.values()) add(watch, attributeAt(added.patch.attributes, watch.steps));
  };

  return {
    lookOutFor(added, from) {
      everything.push(added);
      enter(added, from, null);
      const zone = ownZone(reading, history);
      if (ownZones.has(zone.name)) return;
      ownZones.set(zone.name, zone);
      for (const earlier of everything) enter(earlier, from, zone);
    },
  };
}

type Turns = (
  value: unknown,
  scope: {
    readonly zone: Zone;
    readonly from: number;
    readonly until: number;
    readonly hasHours: boolean;
  },
) => readonly number[];
