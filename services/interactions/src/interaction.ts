/** What an interaction says, as canonical events: one for each customer and company it is about. */
import {
  admitted,
  amountExpected,
  type CanonicalEvent,
  type Currencies,
  checkShape,
  convert,
  type EventFault,
  fault,
  identifier,
  identifierText,
  instant,
  interactionName,
  type JsonObject,
  jsonObject,
  type Normalise,
  readAmount,
  readConversion,
  readOccurredAt,
  readProperties,
  readSubjects,
  refused,
  writeProperties,
} from "@tidemark/intake";
import { z } from "zod";

const interactionShape = z.object(
  {
    name: interactionName,
    customerId: identifier.nullish(),
    companyId: identifier.nullish(),
    occurredAt: instant,
    eventId: identifier.nullish(),
    properties: jsonObject.optional(),
  },
  { error: "an interaction" },
);

/** Interactions; the costs of campaigns in other currencies are converted with `currencies`. */
export function interactionNormaliser(currencies: Currencies): Normalise {
  return (raw, arrivedAt) => {
    const { fields, faults, bad } = checkShape(interactionShape, raw);
    const { name } = fields;
    const occurredAt = readOccurredAt(fields.occurredAt, arrivedAt, faults);
    const subjects = readSubjects({ fields, faults, bad });
    const properties = readProperties(fields.properties, faults);
    if (name?.startsWith("feedback.")) readNumber(properties, "score", faults);
    if (name?.startsWith("campaign.")) readCost(properties, currencies, occurredAt, faults);
    if (faults.length > 0 || occurredAt === null || name === undefined) return refused(faults);
    const text = writeProperties(properties, faults);
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
          attributes: null,
          properties: text,
          order: null,
        }),
      ),
    );
  };
}

/** Makes a property that has to be a number one; null where it is not set or none. */
function readNumber(properties: JsonObject, name: string, faults: EventFault[]): number | null {
  const value = properties[name];
  if (value === undefined || value === null) return null;
  const number = readAmount(value);
  if (number === null) faults.push(fault(`properties.${name}`, value, amountExpected));
  else properties[name] = number;
  return number;
}

/** The cost of a campaign in the workspace's currency; the original stays beside it. */
function readCost(
  properties: JsonObject,
  currencies: Currencies,
  occurredAt: number | null,
  faults: EventFault[],
): void {
  const cost = readNumber(properties, "cost", faults);
  if (cost === null) return;
  const code = properties.currency;
  const named = typeof code === "string" ? code : code === undefined || code === null ? null : String(code);
  const conversion = readConversion(currencies, named, occurredAt, faults, "properties.currency");
  if (conversion === null) return;
  properties.cost = convert(conversion, cost);
  properties.currency = currencies.workspace;
  if (conversion.original === null) return;
  properties.originalCurrency = conversion.original;
  properties.originalCost = cost;
}
