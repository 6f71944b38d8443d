/**
 * The checked form of what users write: every name resolved, every duration in milliseconds,
 * every shorthand spelled out. `parseDefinitions` makes it; the plan is built from nothing else.
 */

export type SubjectKind = "customer" | "company";

/** What a CRM shows on a customer and on each of their deals. `color` is #rrggbb. */
export interface Mark {
  readonly color?: string;
  readonly icon?: string;
  readonly label?: string;
}

interface Common {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly owner?: string;
}

export type Definition = Metric | Segment | Classification | Scoring | Engagement | List | Automation;

export interface Metric extends Common {
  readonly kind: "metric";
  readonly subject: SubjectKind;
  readonly zone: Zone;
  readonly aggregate: Aggregate;
}

export interface Segment extends Common {
  readonly kind: "segment";
  readonly subject: SubjectKind;
  readonly zone: Zone;
  /** In where it holds. */
  readonly when: Condition;
  /**
   * A member leaves where this holds and `when` does not, until then stays; absent: where `when` does not hold.
   * Written as `enter:` and `leave:`.
   */
  readonly leave?: Condition;
  /** A member stays for at least this long after entering. */
  readonly stayMs?: number;
  readonly mark?: Mark;
}

export interface Category {
  readonly id: string;
  readonly name: string;
  readonly when: Condition;
  readonly mark?: Mark;
}

export interface Classification extends Common {
  readonly kind: "classification";
  readonly subject: SubjectKind;
  readonly zone: Zone;
  readonly categories: readonly Category[];
  readonly otherwise: string;
}

/** A card of up to three parts. */
export interface Scoring extends Common {
  readonly kind: "scoring";
  readonly subject: SubjectKind;
  readonly zone: Zone;
  readonly parts: Partial<Record<ScorePart, ScoreRule>>;
}

export type ScorePart = "recency" | "frequency" | "monetary";

export interface ScoreRule {
  readonly value: ScoreValue;
  readonly cuts: ScoreCuts;
}

export type ScoreValue =
  /** The time since that event, in ms. */
  | { readonly type: "since"; readonly edge: "first" | "last"; readonly of: Selector }
  | { readonly type: "metric"; readonly metric: string };

export type ScoreCuts =
  /** Lower bounds, ascending: ms for a time since, units of 1/10,000 for a metric. */
  | { readonly type: "thresholds"; readonly bounds: readonly number[] }
  /** So many equal parts of the population, 2 to 9. */
  | { readonly type: "quantiles"; readonly parts: number };

/** Points that halve every half-life. */
export interface Engagement extends Common {
  readonly kind: "engagement";
  readonly subject: SubjectKind;
  readonly points: readonly EngagementPoints[];
  readonly halfLifeMs: number;
}

export interface EngagementPoints {
  readonly of: Selector;
  /** Of one event, in units of 1/10,000; may be negative. */
  readonly weight: number;
}

/** Imported members: those whose attribute `lists.ID` is true. */
export interface List extends Common {
  readonly kind: "list";
  readonly subject: SubjectKind;
}

export interface Automation extends Common {
  readonly kind: "automation";
  readonly on: AutomationTrigger;
  /** Also act on changes marked historic; off unless asked. */
  readonly historic: boolean;
  readonly do: readonly WebhookAction[];
}

export type AutomationTrigger =
  | { readonly enters: string }
  | { readonly leaves: string }
  | { readonly moves: string; readonly to?: readonly string[] };

export interface WebhookAction {
  readonly webhook: string;
  readonly data?: unknown;
}

/** The workspace's zone, an IANA name, or the customer's own `zone` attribute. */
export type Zone = "workspace" | "customer" | { readonly name: string };

/** Which events: by name, and by a condition over the event's own properties. */
export interface Selector {
  readonly event: string;
  readonly where?: EventCondition;
}

/** Over an event's own properties; a path through a list holds when any item does. */
export type EventCondition =
  | { readonly op: "all"; readonly of: readonly EventCondition[] }
  | { readonly op: "any"; readonly of: readonly EventCondition[] }
  | { readonly op: "not"; readonly of: EventCondition }
  | { readonly op: "property"; readonly path: readonly string[]; readonly compare: Comparison };

export type Scalar = string | number | boolean;

/** Numbers compare in units of 1/10,000 (`packages/core/src/decimal.ts`). */
export type Comparison =
  | { readonly op: "is" | "isNot"; readonly value: Scalar; readonly ignoreCase: boolean }
  | { readonly op: "in" | "notIn"; readonly values: readonly Scalar[]; readonly ignoreCase: boolean }
  | { readonly op: "above" | "atLeast" | "below" | "atMost"; readonly value: number }
  | { readonly op: "between"; readonly from: number; readonly to: number }
  | {
      readonly op: "contains" | "startsWith" | "endsWith";
      readonly value: string;
      readonly ignoreCase: boolean;
    }
  | { readonly op: "matches"; readonly pattern: string; readonly ignoreCase: boolean }
  | { readonly op: "includes"; readonly value: Scalar; readonly ignoreCase: boolean }
  | {
      readonly op: "includesAny" | "includesAll";
      readonly values: readonly Scalar[];
      readonly ignoreCase: boolean;
    }
  | { readonly op: "exists"; readonly value: boolean };

/** `value`, `from`, `to`: the number itself (not scaled); the evaluator scales. */
export type NumberComparison = Extract<
  Comparison,
  { op: "is" | "isNot" | "in" | "notIn" | "above" | "atLeast" | "below" | "atMost" | "between" }
>;

export type CalendarPeriod = "day" | "week" | "month" | "quarter" | "year";

export type Window =
  | { readonly type: "all" }
  /** (t - lastMs, t - endingBeforeMs] */
  | { readonly type: "rolling"; readonly lastMs: number; readonly endingBeforeMs: number }
  | { readonly type: "calendar"; readonly which: "this" | "previous"; readonly period: CalendarPeriod }
  /** [from, to); `to` null is open. Edges are dates in the zone, or instants in ms. */
  | { readonly type: "fixed"; readonly from: DateOrInstant; readonly to: DateOrInstant | null };

/** Civil dates are days since 1970-01-01; instants are ms since the epoch. */
export type DateOrInstant = { readonly day: number } | { readonly instant: number };

export interface Aggregate {
  readonly function: "count" | "sum" | "average" | "minimum" | "maximum" | "distinct";
  readonly of: Selector;
  /** The property summed, compared or told apart; absent for count. */
  readonly path?: readonly string[];
  readonly during: Window;
}

/** An attribute, or a property of the first or last such event (its time where `take` is absent). */
export type Path =
  | { readonly from: "attribute"; readonly path: readonly string[] }
  | { readonly from: "first" | "last"; readonly of: Selector; readonly take?: readonly string[] };

/** A distance from now: exact for instants, whole days for dates. `days` is absent where the duration is no whole number of days. */
export interface Span {
  readonly ms: number;
  readonly days?: number;
}

export type DateTest =
  | { readonly op: "before" | "after" | "on"; readonly date: DateOrInstant }
  | { readonly op: "withinNext" | "withinLast" | "olderThan" | "furtherThan"; readonly span: Span };

export type Condition =
  | { readonly op: "all" | "any"; readonly of: readonly Condition[] }
  | { readonly op: "not"; readonly of: Condition }
  | { readonly op: "attribute"; readonly path: Path; readonly compare: Comparison }
  | { readonly op: "date"; readonly path: Path; readonly test: DateTest }
  | { readonly op: "age"; readonly path: Path; readonly compare: NumberComparison; readonly leapDay: LeapDay }
  | {
      readonly op: "anniversary";
      readonly path: Path;
      /** 0 days both ways is today. */
      readonly direction: "next" | "last";
      readonly days: number;
      readonly years?: readonly number[];
      readonly leapDay: LeapDay;
    }
  | { readonly op: "aggregate"; readonly aggregate: Aggregate; readonly compare: NumberComparison }
  | { readonly op: "metric"; readonly metric: string; readonly compare: NumberComparison }
  /** Durations in ms inside `compare`. */
  | {
      readonly op: "since";
      readonly edge: "first" | "last";
      readonly of: Selector;
      readonly compare: NumberComparison;
    }
  | {
      readonly op: "rhythm";
      readonly state: "regular" | "stopped" | "resumed";
      readonly of: Selector;
      readonly every: CalendarPeriod;
      readonly times: number;
    }
  /** Events in this order, each at most `withinMs` after the one before (null: whenever), the first in the window. */
  | {
      readonly op: "sequence";
      readonly steps: readonly Selector[];
      readonly withinMs: number | null;
      readonly during: Window;
    }
  /** With a the latest `did`: on [a + forMs, a + forgetMs), unless a `without` came at or after a. Null: never forgotten. */
  | {
      readonly op: "did";
      readonly did: Selector;
      readonly without: Selector;
      readonly forMs: number;
      readonly forgetMs: number | null;
    }
  | {
      readonly op: "ratio";
      /** Ids of metrics. */
      readonly of: string;
      readonly to: string;
      readonly compare: NumberComparison;
    }
  | { readonly op: "engagement"; readonly engagement: string; readonly compare: NumberComparison }
  /** `share` of the population, above 0 and below 1. */
  | { readonly op: "top" | "bottom"; readonly share: number; readonly metric: string }
  /** A member now, and not `withinMs` later with no further event. */
  | { readonly op: "lapsing"; readonly segment: string; readonly withinMs: number }
  | { readonly op: "list"; readonly list: string }
  /** The customer's bucket for this name lies in [from, to), in percent. */
  | { readonly op: "split"; readonly of: string; readonly from: number; readonly to: number }
  | {
      readonly op: "near";
      readonly path: readonly string[];
      /** Degrees. */
      readonly latitude: number;
      readonly longitude: number;
      readonly withinMetres: number;
    }
  | {
      readonly op: "score";
      readonly scoring: string;
      readonly part: ScorePart | "total" | "code";
      readonly compare: NumberComparison;
    }
  | { readonly op: "segment"; readonly segment: string }
  | { readonly op: "classification"; readonly classification: string; readonly in: readonly string[] };

export type LeapDay = "february-28" | "march-1";

/** One thing wrong with a document: where, what stands there, what was expected. */
export interface Fault {
  /** `kind/id` where known, else the document's place (`document 2`). */
  readonly definition: string;
  /** Dotted path inside the document: `when.all.0.count`. Empty for the document itself. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  /** The nearest valid name, where a name was unknown. */
  readonly nearest?: string;
}
