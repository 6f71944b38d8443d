/** What is kept for each customer, from `schemas/kept-state.yaml`, as Markdown. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface KeptFeature {
  readonly what: string;
  readonly kept: string;
  /** What it was measured with, without an id. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** Bytes of a customer with 20 events in a year and no other definition. */
  readonly typical: number;
  /** Bytes after one event `every` so often over so long. */
  readonly most: number;
  readonly every: string;
  readonly over: string;
}

export interface KeptPart {
  readonly what: string;
  readonly part: "itself" | "membership" | "attribute" | "eventId";
  readonly kept: string;
  /** Bytes of one. */
  readonly bytes: number;
}

export interface KeptState {
  readonly features: readonly KeptFeature[];
  readonly besides: readonly KeptPart[];
}

export function readKeptState(): KeptState {
  return parse(readFileSync(new URL("../schemas/kept-state.yaml", import.meta.url), "utf8"));
}

const intro = `## What is kept for each customer

A customer is a few features, packed; the events themselves are not kept. Definitions that ask for the same share one, and one that is added, changed or removed leaves the others as they are. Rolling windows of one selector share their places, those of engagement points too: each of their properties is kept for the longest of them. However many events come, a feature stays within its bound: what lies beyond is counted more coarsely, or is no longer looked at, and that is part of the meaning of each form.

The bytes are those of a whole customer for whom there is no other definition: one with 20 events in a year, and one at the bound. There each place was filled, at odd milliseconds and with amounts of up to a million and four decimal places, as no customer does it.`;

export function showKeptState({ features, besides }: KeptState): string {
  const featureRows = features.map(
    ({ what, kept, typical, most }) => `| ${what} | ${kept} | ${figure(typical)} | ${figure(most)} |`,
  );
  const partRows = besides.map(({ what, kept, bytes }) => `| ${what} | ${kept} | ${figure(bytes)} |`);
  return [
    intro,
    [
      "| feature | kept | bytes, typical | bytes, at most |",
      "| --- | --- | --- | --- |",
      ...featureRows,
    ].join("\n"),
    "And beside the features:",
    ["| what | kept | bytes of one |", "| --- | --- | --- |", ...partRows].join("\n"),
  ].join("\n\n");
}

function figure(bytes: number): string {
  return bytes.toLocaleString("en-US");
}
