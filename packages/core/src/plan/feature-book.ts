/**
 * The features that the definitions of one kind of subject ask for, each once. Its key says what it keeps, not for how
 * long: the longest retention asked for wins, so a definition with a longer window finds the feature that is there.
 */

import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { fixedEdges } from "../conditions/window.ts";
import type { CalendarPeriod, Selector, Window } from "../definition/definition.ts";
import { distinctFeature } from "../features/distinct.ts";
import { edgeFeature } from "../features/edge.ts";
import type { FeatureShape } from "../features/feature.ts";
import { newestEventsFeature } from "../features/newest-events.ts";
import { periodsFeature } from "../features/periods.ts";
import { type Matches, selectorTest } from "../features/selector.ts";
import { type Bins, totalsFeature } from "../features/totals.ts";
import type { ColumnTotal, TotalsColumnSpec } from "../features/totals-column.ts";
import type { SlotBook } from "./slots.ts";

export interface Feature {
  readonly index: number;
  /** What it keeps, for which events and which generation; the same in every plan. */
  readonly name: string;
  readonly slot: number;
  readonly shape: FeatureShape<unknown>;
  /** Corrections go into it too; the others remember. */
  readonly correctable: boolean;
  /** Indexes of the definitions that may change with it. */
  readonly readers: number[];
}

/** The events one selector takes, and the features they go into. */
export interface FeatureGroup {
  readonly event: string;
  readonly matches: Matches | null;
  readonly features: Feature[];
}

/** What a totals feature is asked for: the place of the column (-1 for none) and whether it is of one window only. */
export interface TotalsPlace {
  readonly feature: number;
  readonly column: number;
  readonly whole: boolean;
}

interface Draft {
  readonly slot: number;
  readonly selector: Selector;
  readonly correctable: boolean;
  retention: number;
  readonly columns: Map<string, TotalsColumnSpec>;
  readonly make: (draft: Draft) => FeatureShape<unknown>;
}

/** What definitions ask of a book. */
export interface FeatureRequests {
  totals(
    of: Selector,
    column: { readonly path: readonly string[]; readonly total: ColumnTotal } | null,
    during: Window,
    zone: ZoneCalendar | null,
  ): TotalsPlace;
  edge(of: Selector, edge: "first" | "last", take: readonly string[] | null): number;
  distinct(of: Selector, path: readonly string[], during: Window): number;
  newestEvents(of: Selector): number;
  periods(of: Selector, every: CalendarPeriod, zone: ZoneCalendar | null, times: number): number;
}

export interface FeatureBook {
  /**
   * Features of one generation: those of generation 0 were kept from the first event on, those of another since a
   * sweep. Generations share nothing, so that what a sweep brings is never counted twice.
   */
  of(generation: number): FeatureRequests;
  finish(): { readonly features: readonly Feature[]; readonly groups: readonly FeatureGroup[] };
}

const dayMs = 86_400_000;

/** Upper bounds of a period's length, in ms. */
const longestMs: Readonly<Record<CalendarPeriod, number>> = {
  day: 2 * dayMs,
  week: 8 * dayMs,
  month: 32 * dayMs,
  quarter: 93 * dayMs,
  year: 367 * dayMs,
};

/** Zones differ by this much at most when one is exchanged for another, in ms. */
const zoneSlackMs = 2 * dayMs;

function retentionMs(during: Window): number {
  if (during.type === "rolling") return during.lastMs;
  if (during.type !== "calendar") return Number.POSITIVE_INFINITY;
  return longestMs[during.period] * (during.which === "this" ? 1 : 2) + zoneSlackMs;
}

/** `prefix` keeps the slots of customers and companies apart. */
export function featureBook(prefix: string, slots: SlotBook): FeatureBook {
  const drafts = new Map<string, Draft>();
  const indexes = new Map<string, number>();

  const keep = (
    generation: string,
    key: string,
    selector: Selector,
    correctable: boolean,
    retention: number,
    make: (draft: Draft) => FeatureShape<unknown>,
  ): { readonly index: number; readonly draft: Draft } => {
    const name = `feature/${prefix}/${generation}${key}/${JSON.stringify([selector.event, selector.where ?? null])}`;
    const known = drafts.get(name);
    if (known) {
      known.retention = Math.max(known.retention, retention);
      return { index: indexes.get(name) ?? 0, draft: known };
    }
    const draft: Draft = {
      slot: slots.slotOf(name),
      selector,
      correctable,
      retention,
      columns: new Map(),
      make,
    };
    drafts.set(name, draft);
    indexes.set(name, drafts.size - 1);
    return { index: drafts.size - 1, draft };
  };

  const requests = (generation: string): FeatureRequests => ({
    totals(of, column, during, zone) {
      const { key, whole, bins } = binsOf(during, zone);
      const { index, draft } = keep(
        generation,
        key,
        of,
        true,
        retentionMs(during),
        ({ retention, columns }) => erase(totalsFeature(bins(retention), [...columns.values()])),
      );
      if (column === null) return { feature: index, column: -1, whole };
      const { path, total } = column;
      const name = `${total === "sum" ? "property" : total}/${path.join(".")}`;
      if (!draft.columns.has(name)) draft.columns.set(name, { slot: slots.slotOf(name), path, total });
      return { feature: index, column: [...draft.columns.keys()].indexOf(name), whole };
    },
    edge(of, edge, take) {
      const key = take === null ? edge : `${edge}:${take.join(".")}`;
      return keep(generation, key, of, false, Number.POSITIVE_INFINITY, () => erase(edgeFeature(edge, take)))
        .index;
    },
    distinct(of, path, during) {
      return keep(generation, `distinct:${path.join(".")}`, of, false, retentionMs(during), ({ retention }) =>
        erase(distinctFeature(path, retention)),
      ).index;
    },
    newestEvents(of) {
      return keep(generation, "newest", of, false, Number.POSITIVE_INFINITY, () =>
        erase(newestEventsFeature()),
      ).index;
    },
    periods(of, every, zone, times) {
      // The retention here is a number of periods: a run of `times`, and the period of return.
      return keep(
        generation,
        `periods:${every}:${zone?.name ?? "customer"}`,
        of,
        false,
        times + 1,
        ({ retention }) => erase(periodsFeature(every, zone, retention)),
      ).index;
    },
  });

  return {
    of: (generation) => requests(generation === 0 ? "" : `sweep-${generation}/`),
    finish() {
      const groups = new Map<string, FeatureGroup>();
      const features: Feature[] = [];
      for (const [name, draft] of drafts) {
        const { slot, selector, correctable } = draft;
        const feature: Feature = {
          index: features.length,
          name,
          slot,
          shape: draft.make(draft),
          correctable,
          readers: [],
        };
        features.push(feature);
        const key = JSON.stringify([selector.event, selector.where ?? null]);
        const group = groups.get(key) ?? {
          event: selector.event,
          matches: selectorTest(selector),
          features: [],
        };
        group.features.push(feature);
        groups.set(key, group);
      }
      return { features, groups: [...groups.values()] };
    },
  };
}

interface BinsChoice {
  readonly key: string;
  readonly whole: boolean;
  readonly bins: (retention: number) => Bins;
}

/** `zone` null: may change with the customer. */
function binsOf(during: Window, zone: ZoneCalendar | null): BinsChoice {
  switch (during.type) {
    case "rolling":
      return { key: "instants", whole: false, bins: (retentionMs) => ({ type: "instants", retentionMs }) };
    case "calendar":
      return { key: "quarters", whole: false, bins: (retentionMs) => ({ type: "quarters", retentionMs }) };
    case "all": {
      const bins: Bins = {
        type: "whole",
        from: Number.NEGATIVE_INFINITY,
        to: Number.POSITIVE_INFINITY,
        loose: false,
      };
      return { key: "whole", whole: true, bins: () => bins };
    }
    case "fixed": {
      const ofDays = "day" in during.from || (during.to !== null && "day" in during.to);
      const loose = ofDays && zone === null;
      const utc = zoneCalendar("UTC");
      const calendar = zone ?? utc;
      const edges = calendar ? fixedEdges(during)(calendar) : { from: 0, to: 0 };
      const bins: Bins = { type: "whole", ...edges, loose };
      return {
        key: `fixed:${edges.from}:${edges.to}${loose ? ":loose" : ""}`,
        whole: !loose,
        bins: () => bins,
      };
    }
  }
}

/** The plan keeps features of all shapes side by side; each shape meets only states of its own making. */
function erase<State>(shape: FeatureShape<State>): FeatureShape<unknown> {
  return shape as FeatureShape<unknown>;
}
