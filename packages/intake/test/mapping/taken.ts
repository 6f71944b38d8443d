/** What becomes of real payloads, from bytes to canonical events, with the ready mappings and the services' own rules. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLocalCodec } from "@tidemark/contracts";
import { interactionNormaliser } from "../../../../services/interactions/src/interaction.ts";
import { dateReader } from "../../../../services/lifecycle/src/date-formats.ts";
import { lifecycleNormaliser } from "../../../../services/lifecycle/src/lifecycle.ts";
import { orderNormaliser } from "../../../../services/orders/src/order.ts";
import { createSourceDecoder } from "../../src/decode.ts";
import { createCurrencies, type Normalise, type SourceName, sourceShapes } from "../../src/index.ts";

/** Third-party samples, read in place; they are no part of this repository. */
const payloads = new URL("../../../../../shared/data/payloads/", import.meta.url);

export const hasPayloads = existsSync(payloads);
if (!hasPayloads) console.warn("skipped: the sample payloads are not there");

export function payload(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(file, payloads), "utf8"));
}

/** Bytes as they stand in the file, for numbers that JSON.parse would round. */
export function payloadText(file: string): string {
  return readFileSync(new URL(file, payloads), "utf8");
}

const currencies = createCurrencies({ workspace: "USD", rates: "", zone: "UTC" });
const normalisers: Readonly<Record<SourceName, Normalise>> = {
  orders: orderNormaliser(currencies),
  interactions: interactionNormaliser(currencies),
  lifecycle: lifecycleNormaliser(dateReader([], ["birthDate"])),
};

const decoder = createSourceDecoder(createLocalCodec(), "", () => 0, true);

/** The record's own time in Kafka. */
export const arrivedAt = Date.UTC(2026, 5, 1);

export interface Taken {
  readonly subject: string;
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
  readonly eventId: string | null;
  readonly properties: unknown;
  readonly attributes: unknown;
  readonly order: unknown;
}

export function mappingFile(name: string): string {
  return fileURLToPath(new URL(`../../mappings/${name}.yaml`, import.meta.url));
}

/** `value` is bytes' text or an object; answers the events, or the faults as `path: found, expected`. */
export function taker(mapping: string, source: SourceName) {
  const { normalise } = sourceShapes(
    source,
    { MAPPING_FILE: mappingFile(mapping), WORKSPACE_ZONE: "UTC" },
    normalisers[source],
  );
  return (
    value: string | object,
    headers: Readonly<Record<string, string>> = {},
  ): readonly Taken[] | { readonly faults: readonly string[] } => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const decoded = decoder.decodeSync(Buffer.from(text));
    if (decoded?.outcome !== "decoded") throw new Error("the payload cannot be decoded");
    const named = Object.entries(headers).map(([name, held]) => [name, Buffer.from(held)] as const);
    const context = { key: null, headers: named, timestamp: arrivedAt, isOwnShape: false };
    const result = normalise(decoded.raw, arrivedAt, context);
    if (result.outcome === "refused")
      return { faults: result.faults.map(({ path, found, expected }) => `${path}: ${found}, ${expected}`) };
    return result.events.map((event) => ({
      subject: `${event.subjectKind} ${event.subject}`,
      name: event.name,
      at: new Date(event.occurredAt).toISOString(),
      eventId: event.eventId,
      properties: JSON.parse(event.properties),
      attributes: event.attributes === null ? null : JSON.parse(event.attributes),
      order: event.order,
    }));
  };
}
