/**
 * CloudEvents 1.0 around a service's own shape: structured mode (a JSON object with `specversion`) and binary mode
 * (headers `ce_...`, as Kafka's protocol binding has them). What `data` lacks is taken from the attributes: the event's
 * name from `type`, its time from `time`, its id from `source` and `id`, which together are unique.
 */
import { isJsonObject, type JsonObject } from "./bounded-json.ts";
import { type EventFault, fault } from "./fault.ts";
import { type Normalise, type RecordFacts, refused } from "./normalise.ts";
import { parseInstant } from "./occurred-at.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Ids of events are no longer than this. */
const maxIdCharacters = 256;

/** `nameField` is what the service calls the name of an event. Records that are no CloudEvents go on as they are. */
export function cloudEventNormaliser(nameField: "type" | "name", normalise: Normalise): Normalise {
  return (raw, arrivedAt, context) => {
    if (isJsonObject(raw) && Object.hasOwn(raw, "specversion")) {
      const faults = faultsOf(raw, "");
      const data = dataOf(raw, faults);
      return faults.length > 0
        ? refused(faults)
        : normalise(completed(raw, data, nameField), arrivedAt, context);
    }
    const attributes = context && !context.isOwnShape ? binaryAttributes(context) : null;
    if (attributes === null || !isJsonObject(raw)) return normalise(raw, arrivedAt, context);
    const faults = faultsOf(attributes, "headers.ce_");
    return faults.length > 0
      ? refused(faults)
      : normalise(completed(attributes, raw, nameField), arrivedAt, context);
  };
}

function completed(attributes: Attributes, data: JsonObject, nameField: "type" | "name"): JsonObject {
  const { type, time, source, id } = attributes;
  const eventId = `${source}#${id}`;
  return {
    [nameField]: type,
    ...(time === undefined || time === null ? {} : { occurredAt: time }),
    ...(eventId.length <= maxIdCharacters ? { eventId } : {}),
    ...data,
  };
}

/** Null where the headers are those of no CloudEvent. */
function binaryAttributes({ headers }: RecordFacts): Attributes | null {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower.startsWith("ce_")) attributes[lower.slice(3)] = value.toString();
  }
  return Object.hasOwn(attributes, "specversion") ? attributes : null;
}

/** The object that a structured event carries; an empty one where it carries none. */
function dataOf(event: JsonObject, faults: EventFault[]): JsonObject {
  const { data, data_base64: base64 } = event;
  const hasData = data !== undefined && data !== null;
  const hasBase64 = base64 !== undefined && base64 !== null;
  if (hasData && hasBase64) faults.push(fault("data_base64", base64, "either data or data_base64"));
  const given = hasBase64 && typeof base64 === "string" ? decoded(base64) : data;
  if (isJsonObject(given)) return given;
  if (hasData || hasBase64) faults.push(fault(hasData ? "data" : "data_base64", given, "a JSON object"));
  return {};
}

function decoded(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, "base64").toString());
  } catch {
    return base64;
  }
}

type Check = readonly [isGood: (value: unknown) => boolean, expected: string];

const someText: Check = [isSomeText, "text that is not empty"];

/** Attributes of the specification; the last four may be absent. */
const checks: Readonly<Record<string, Check>> = {
  specversion: [(value) => value === "1.0", "1.0"],
  id: someText,
  source: someText,
  type: someText,
  time: [isTime, "a time as in RFC 3339, such as 2026-03-01T09:30:00Z"],
  datacontenttype: [isMediaType, "a media type such as application/json"],
  dataschema: someText,
  subject: someText,
};

const needed: ReadonlySet<string> = new Set(["specversion", "id", "source", "type"]);
const carried: ReadonlySet<string> = new Set(["data", "data_base64"]);

function faultsOf(event: Attributes, prefix: string): EventFault[] {
  const faults: EventFault[] = [];
  for (const [name, [isGood, expected]] of Object.entries(checks)) {
    const value = Object.hasOwn(event, name) ? event[name] : undefined;
    if (!needed.has(name) && (value === undefined || value === null)) continue;
    if (!isGood(value)) faults.push(fault(`${prefix}${name}`, value, expected));
  }
  for (const [name, value] of Object.entries(event)) {
    if (Object.hasOwn(checks, name) || carried.has(name)) continue;
    if (!/^[a-z0-9]{1,100}$/.test(name))
      faults.push(fault(prefix, name, "attributes named with lower-case letters and digits"));
    else if (typeof value === "object" && value !== null)
      faults.push(fault(`${prefix}${name}`, value, "one value"));
  }
  return faults;
}

function isSomeText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isMediaType(value: unknown): boolean {
  return typeof value === "string" && /^[\w.+!#$&^-]+\/[\w.+!#$&^-]+(?:\s*;.*)?$/.test(value);
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

function isTime(value: unknown): boolean {
  return typeof value === "string" && rfc3339.test(value) && parseInstant(value) !== null;
}
