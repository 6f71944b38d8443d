/** What a definition is compiled in. */
import type { Cuts, Definition, SubjectKind, Zone } from "@tidemark/core";
import type { Asked } from "./asked.ts";
import type { CollectedBook } from "./collected.ts";
import type { Measure } from "./numbers/measure.ts";
import type { Parameters } from "./parameters.ts";
import type { ZoneSql } from "./zone.ts";

export interface Context {
  readonly subject: SubjectKind;
  /** When conditions are asked; events are those by `as_of`, which may be earlier. */
  readonly asked: Asked;
  /** Behind conditions on published changes: those that records that count brought about, and what time did to them. */
  readonly publishedBound: string;
  readonly collected: CollectedBook;
  readonly parameters: Parameters;
  readonly cuts: Cuts;
  definition<Kind extends Definition["kind"]>(kind: Kind, id: string): Extract<Definition, { kind: Kind }>;
  zoneOf(zone: Zone): ZoneSql;
  /** The JSON text of an attribute, empty where it is missing. */
  attribute(path: readonly string[]): string;
  /** Whether there is anything at a path or below it. */
  hasAttribute(path: readonly string[]): string;
  metric(id: string): { readonly measure: Measure; readonly ofPopulation: Measure };
  /** `in` holds (SQL) for a segment; the category's id (SQL) of a classification. */
  segment(id: string): string;
  classification(id: string): string;
  /** The same, asked so much later (ms). */
  later(byMs: number): Context;
  /** Gives an expression a name that the rest of the query can use. */
  named(name: string, sql: string): string;
}
