/** The checked form of a mapping file: how records of any shape become the events that a service reads. */
import type { EventCondition, ZoneCalendar } from "@tidemark/core";
import type { DateFormat } from "./date-format.ts";
import type { RecordPath } from "./path.ts";

export const sourceNames = ["orders", "interactions", "lifecycle"] as const;

export type SourceName = (typeof sourceNames)[number];

/** In the order of the file: the first of its source whose condition holds decides about a record. */
export type Mapping = readonly MappingRule[];

export interface MappingRule {
  /** `document 2`, as people count them. */
  readonly document: string;
  readonly source: SourceName;
  /** Over the record's own fields; null takes every record. */
  readonly when: EventCondition | null;
  readonly action: RuleAction;
}

export type RuleAction =
  /** The record becomes nothing, and is no fault. */
  | { readonly type: "ignore" }
  /** The record is in the service's own shape. */
  | { readonly type: "pass" }
  /** An event, or one for each item of the list at `each`. */
  | { readonly type: "map"; readonly each: RecordPath | null; readonly fields: readonly FieldRule[] };

export interface FieldRule {
  /** Steps into the event. */
  readonly target: readonly string[];
  readonly value: ValueRule;
}

export interface ValueRule {
  readonly pick: Pick;
  /** Where the value comes from, as the document says it. */
  readonly from: string;
  /** Values that stand for nothing, as text. */
  readonly nothing: readonly string[];
  /** Of a text only what stands behind the last of these; null leaves it whole. */
  readonly afterLast: string | null;
  readonly convert: Conversion | null;
}

export type Pick =
  | { readonly op: "path"; readonly path: RecordPath }
  | { readonly op: "value"; readonly value: unknown }
  | { readonly op: "first" | "sum" | "product"; readonly of: readonly ValueRule[] }
  /** An object, or a list of one for each item at `each`. */
  | { readonly op: "object"; readonly each: RecordPath | null; readonly fields: readonly FieldRule[] };

export type Conversion =
  /** By the value's text. `otherwise` null: other values are faults. */
  | {
      readonly op: "values";
      readonly values: ReadonlyMap<string, unknown>;
      readonly otherwise: { readonly value: unknown } | null;
    }
  /** `zone` null: the workspace's. */
  | { readonly op: "date"; readonly read: DateFormat; readonly zone: ZoneCalendar | null }
  | { readonly op: "number"; readonly scale: number; readonly decimal: "point" | "comma" }
  | { readonly op: "text" | "name" | "boolean" };
