/** What a lifecycle event says, as canonical events: one for each customer and company it is about. */
import {
  admitted,
  type CanonicalEvent,
  checkShape,
  type EventFault,
  eventName,
  identifier,
  identifierText,
  instant,
  type JsonBounds,
  jsonObject,
  type Normalise,
  readJsonObject,
  readOccurredAt,
  readProperties,
  readSubjects,
  refused,
  writeJsonObject,
  writeProperties,
} from "@tidemark/intake";
import { z } from "zod";
import type { DateReader } from "./date-formats.ts";
import { identityEvent, isIdentityEvent } from "./identity.ts";

const lifecycleShape = z.object(
  {
    name: eventName,
    customerId: identifier.nullish(),
    companyId: identifier.nullish(),
    occurredAt: instant,
    eventId: identifier.nullish(),
    attributes: jsonObject.optional(),
    properties: jsonObject.optional(),
    intoCustomerId: identifier.nullish(),
    intoCompanyId: identifier.nullish(),
  },
  { error: "a lifecycle event" },
);

/** Attributes stay with a customer, so they are kept smaller than properties. */
const attributeBounds: JsonBounds = {
  maxDepth: 8,
  maxEntries: 500,
  maxTextCharacters: 4_096,
  maxCharacters: 32_768,
};

/** Lifecycle events; dates in their attributes are read with `readDate`. */
export function lifecycleNormaliser(readDate: DateReader): Normalise {
  const readAttributes = (value: unknown, faults: EventFault[]) =>
    readJsonObject(value, "attributes", attributeBounds, faults, (leaf, path) =>
      typeof leaf === "string" ? readDate(leaf, path) : leaf,
    );

  return (raw, arrivedAt) => {
    const { fields, faults, bad } = checkShape(lifecycleShape, raw);
    const { name } = fields;
    const occurredAt = readOccurredAt(fields.occurredAt, arrivedAt, faults);
    if (isIdentityEvent(name)) return identityEvent({ fields, faults, bad }, name, occurredAt);
    const subjects = readSubjects({ fields, faults, bad });
    const attributes = readAttributes(fields.attributes, faults);
    const properties = readProperties(fields.properties, faults);
    if (faults.length > 0 || occurredAt === null || name === undefined) return refused(faults);
    const attributesText = attributes && writeJsonObject(attributes, "attributes", attributeBounds, faults);
    const propertiesText = writeProperties(properties, faults);
    if (faults.length > 0) return refused(faults);
    const eventId = identifierText(fields.eventId);
    return admitted(
      subjects.map(
        ({ kind, id }): CanonicalEvent => ({
          subject: id,
          subjectKind: kind,
          name,
          occurredAt,
          eventId,
          attributes: attributesText,
          properties: propertiesText,
          order: null,
        }),
      ),
    );
  };
}
