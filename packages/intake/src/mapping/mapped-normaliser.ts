/** A mapping before a service's own normalisation: what it makes of a record is read as if the source had sent it so. */
import type { ZoneCalendar } from "@tidemark/core";
import type { EventFault } from "../fault.ts";
import { admitted, type CanonicalEvent, type Normalise, type Normalised, refused } from "../normalise.ts";
import type { Mapping, SourceName } from "./mapping.ts";
import { type MappedEvent, recordMapper } from "./record-mapper.ts";

/** Events that one record may become. */
const mostEvents = 1_000;

/**
 * Maps records of `source` and hands what comes of it to `normalise`; all faults of all events of a record together,
 * each with the field it came from.
 */
export function mappedNormaliser(
  mapping: Mapping,
  { source, zone }: { readonly source: SourceName; readonly zone: ZoneCalendar },
  normalise: Normalise,
): Normalise {
  const map = recordMapper(mapping, { source, zone });
  return (raw, arrivedAt, facts) => {
    if (facts?.isOwnShape) return normalise(raw, arrivedAt, facts);
    const mapped = map(raw, facts);
    switch (mapped.outcome) {
      case "passed":
        return normalise(raw, arrivedAt, facts);
      case "ignored":
        return admitted([]);
      case "refused":
        return refused(mapped.faults);
      case "mapped":
        return normaliseAll(mapped.events, (event) => normalise(event, arrivedAt));
    }
  };
}

function normaliseAll(mapped: readonly MappedEvent[], normalise: (event: unknown) => Normalised): Normalised {
  if (mapped.length > mostEvents) {
    const found = `${mapped.length} events in one record`;
    return refused([{ path: "", found, expected: `at most ${mostEvents}`, reason: "too-large" }]);
  }
  const events: CanonicalEvent[] = [];
  const faults: EventFault[] = [];
  for (const one of mapped) {
    const normalised = normalise(one.event);
    if (normalised.outcome === "admitted" && one.faults.length === 0) events.push(...normalised.events);
    else faults.push(...faultsOf(one, normalised));
  }
  return faults.length > 0 ? refused(faults) : admitted(events);
}

/** Those of the mapping, and of the rest of the event; what the mapping could not set is not missed again. */
function faultsOf({ faults, item, fromOf }: MappedEvent, normalised: Normalised): readonly EventFault[] {
  const noted = new Set(faults.map(({ path }) => rootOf(path)));
  const further = normalised.outcome === "refused" ? normalised.faults : [];
  return [
    ...faults.map(({ from, ...fault }) => ({ ...fault, path: placeText(fault.path, from, item) })),
    ...further
      .filter(({ path }) => !noted.has(rootOf(path)))
      .map((fault) => ({ ...fault, path: placeText(fault.path, fromOf(fault.path), item) })),
  ];
}

/** `lines[3]: total from amount.value`. */
function placeText(path: string, from: string | undefined, item: string): string {
  const place = from === undefined || from === "" ? path : `${path} from ${from}`;
  return item === "" ? place : `${item}: ${place}`;
}

function rootOf(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? "";
}
