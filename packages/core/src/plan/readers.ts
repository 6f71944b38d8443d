/** What compiled conditions read: the zone, windows of features, first and last events, attributes; each noted as needed. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import type { ZoneOf } from "../conditions/condition.ts";
import { type Measure, measure } from "../conditions/measure.ts";
import { attributeValue, edgeValue, type PathValue } from "../conditions/path-value.ts";
import {
  averageStretch,
  countStretch,
  distinctStretch,
  extremeStretch,
  type OpenStretch,
  presentStretch,
  sumStretch,
} from "../conditions/stretch.ts";
import type { Aggregate, Path, Selector, Window, Zone } from "../definition/definition.ts";
import { zoneAttribute } from "./customer-zone.ts";
import type { Dependencies } from "./dependencies.ts";
import type { FeatureRequests, TotalsPlace } from "./feature-book.ts";

export interface Readers {
  /** Null where the zone is the customer's own. */
  constantZone(zone: Zone): ZoneCalendar | null;
  zoneOf(zone: Zone, needs: Dependencies): ZoneOf;
  /** Days of a zone are in windows that time or the customer's zone moves; all else is the same everywhere. */
  windowZone(during: Window, zone: Zone, needs: Dependencies): ZoneOf;
  /** `ofPopulation`: has no number where it would be one of nothing. */
  measureOf(of: Aggregate, zone: Zone, needs: Dependencies, ofPopulation?: boolean): Measure;
  /** The feature that counts events in a window that rolls. */
  countsOf(of: Selector, during: Extract<Window, { type: "rolling" }>, needs: Dependencies): number;
  /** The feature of a first or last event. */
  edgeOf(needs: Dependencies, ...args: Parameters<FeatureRequests["edge"]>): number;
  pathOf(path: Path, needs: Dependencies): PathValue;
}

export function readersOf(book: FeatureRequests, workspace: ZoneCalendar): Readers {
  const constantZone = (zone: Zone): ZoneCalendar | null => {
    if (zone === "customer") return null;
    return zone === "workspace" ? workspace : (zoneCalendar(zone.name) ?? workspace);
  };
  const zoneOf = (zone: Zone, needs: Dependencies): ZoneOf => {
    const constant = constantZone(zone);
    if (constant !== null) return () => constant;
    needs.attributes.add(zoneAttribute);
    return (evaluation) => evaluation.customerZone();
  };

  const windowZone = (during: Window, zone: Zone, needs: Dependencies): ZoneOf => {
    const ofDays =
      during.type === "calendar" ||
      (during.type === "fixed" && ("day" in during.from || (during.to !== null && "day" in during.to)));
    return ofDays ? zoneOf(zone, needs) : () => workspace;
  };

  const measureOf = (of: Aggregate, zone: Zone, needs: Dependencies, ofPopulation = false): Measure => {
    const { during } = of;
    const inZone = windowZone(during, zone, needs);
    const ofNothing = ofPopulation || !isOfNothing(of.function) ? undefined : 0;
    if (of.function === "distinct") {
      const feature = book.distinct(of.of, of.path ?? [], during);
      needs.features.add(feature);
      return measure("distinct", distinctStretch(feature, ofPopulation), during, inZone, ofNothing);
    }
    const place = book.totals(of.of, columnOf(of), during, constantZone(zone));
    needs.features.add(place.feature);
    // A feature of this window only has nothing else in it.
    const window: Window = place.whole ? { type: "all" } : during;
    return measure(of.function, stretchOf(of.function, place, ofPopulation), window, inZone, ofNothing);
  };

  const countsOf: Readers["countsOf"] = (of, during, needs) => {
    const { feature } = book.totals(of, null, during, workspace);
    needs.features.add(feature);
    return feature;
  };

  const edgeOf = (needs: Dependencies, ...args: Parameters<FeatureRequests["edge"]>): number => {
    const feature = book.edge(...args);
    needs.features.add(feature);
    return feature;
  };

  const pathOf = (path: Path, needs: Dependencies): PathValue => {
    if (path.from === "attribute") {
      needs.attributes.add(path.path.join("."));
      return attributeValue(path.path);
    }
    return edgeValue(edgeOf(needs, path.of, path.from, path.take ?? null), path.take !== undefined);
  };

  return { constantZone, zoneOf, windowZone, measureOf, countsOf, edgeOf, pathOf };
}

/** Counts and sums of nothing are 0; of nothing there is no average and no extreme. */
function isOfNothing(name: Aggregate["function"]): boolean {
  return name === "count" || name === "sum" || name === "distinct";
}

function columnOf({ function: name, path = [] }: Aggregate) {
  if (name === "count") return null;
  return { path, total: name === "minimum" || name === "maximum" ? name : "sum" } as const;
}

function stretchOf(
  name: Exclude<Aggregate["function"], "distinct">,
  { feature, column }: TotalsPlace,
  ofPopulation: boolean,
): OpenStretch {
  switch (name) {
    case "count":
      return ofPopulation ? presentStretch(feature, column) : countStretch(feature);
    case "sum":
      return ofPopulation ? presentStretch(feature, column) : sumStretch(feature, column);
    case "average":
      return averageStretch(feature, column);
    case "minimum":
    case "maximum":
      return extremeStretch(feature, column, name === "maximum");
  }
}
