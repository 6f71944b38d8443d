/** The properties of an event: numbers in them have four places. */
import { round } from "./amount.ts";
import { type JsonBounds, type JsonObject, readJsonObject, writeJsonObject } from "./bounded-json.ts";
import type { EventFault } from "./fault.ts";

const bounds: JsonBounds = {
  maxDepth: 10,
  maxEntries: 10_000,
  maxTextCharacters: 32_768,
  maxCharacters: 262_144,
};

const rounded = (value: string | number): string | number =>
  typeof value === "number" ? round(value) : value;

/** What the source gave as properties: a JSON object or its text; an empty object for nothing. */
export function readProperties(value: unknown, faults: EventFault[]): JsonObject {
  return readJsonObject(value, "properties", bounds, faults, rounded) ?? {};
}

/** As the JSON text that goes into the canonical event. */
export function writeProperties(properties: JsonObject, faults: EventFault[]): string {
  return writeJsonObject(properties, "properties", bounds, faults);
}
