/** Golden cases as they stand in files; `README.md` says what each key means. */
import { readdirSync, readFileSync } from "node:fs";

export interface GoldenFile {
  /** Without its ending. */
  readonly name: string;
  /** As read; `golden-cases.schema.json` says whether it is of this shape. */
  readonly content: { readonly form: string; readonly cases: readonly GoldenCase[] };
}

export interface GoldenCase {
  readonly name: string;
  readonly why: string;
  readonly zone?: string;
  readonly inOrder?: true;
  readonly definitions: readonly unknown[];
  readonly events: readonly GoldenEvent[];
  readonly expect: readonly Expectation[];
}

type Properties = Readonly<Record<string, unknown>>;

export interface GoldenEvent {
  readonly customer?: string;
  readonly company?: string;
  readonly at: string;
  readonly event?: string;
  readonly properties?: Properties;
  readonly attributes?: Properties;
  readonly takeBack?: true;
  readonly givenAt?: string;
  readonly instead?: Properties;
  readonly repeat?: { readonly times: number; readonly every: string; readonly numbered?: string };
}

type BySubject<Value> = Readonly<Record<string, Value>>;

export type Expectation = { readonly at: string } & (
  | SegmentExpectation
  | ClassificationExpectation
  | { readonly metric: string; readonly values: BySubject<number | null> }
  | { readonly engagement: string; readonly values: BySubject<number | null> }
  | { readonly scoring: string; readonly scores: BySubject<Readonly<Record<string, number | null>>> }
);

export interface SegmentExpectation {
  readonly segment: string;
  readonly members: readonly string[];
  readonly changesAt?: BySubject<string | null>;
}

export interface ClassificationExpectation {
  readonly classification: string;
  readonly categories: BySubject<string>;
  readonly changesAt?: BySubject<string | null>;
}

/** The files of `cases/`, by name. */
export function goldenFiles(): GoldenFile[] {
  const folder = new URL("cases/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => ({
    name: name.slice(0, -".json".length),
    content: JSON.parse(readFileSync(new URL(name, folder), "utf8")),
  }));
}
