/** What an order event says, as canonical events: one for each customer and company it is about. */
import type { OrderChange } from "@tidemark/contracts";
import {
  admitted,
  amount,
  amountExpected,
  type CanonicalEvent,
  type Conversion,
  type Currencies,
  checkShape,
  convert,
  type EventFault,
  fault,
  identifier,
  identifierText,
  instant,
  type JsonObject,
  jsonObject,
  label,
  labelText,
  type Normalise,
  orderEventNames,
  positiveAmount,
  readAmount,
  readConversion,
  readOccurredAt,
  readProperties,
  readSubjects,
  refused,
  requiredIdentifier,
  round,
  type Subject,
  writeProperties,
} from "@tidemark/intake";
import { z } from "zod";

const maxItems = 2_000;

const itemShape = z.object(
  {
    sku: label.nullish(),
    name: label.nullish(),
    category: label.nullish(),
    quantity: amount.nullish(),
    price: amount.nullish(),
  },
  { error: "an item" },
);

const orderShape = z.object(
  {
    type: z.enum(orderEventNames, { error: `one of ${orderEventNames.join(", ")}` }),
    orderId: requiredIdentifier,
    customerId: identifier.nullish(),
    previousCustomerId: identifier.nullish(),
    companyId: identifier.nullish(),
    occurredAt: instant,
    eventId: identifier.nullish(),
    version: z.int({ error: "a whole number" }).nullish(),
    total: amount.nullish(),
    refund: positiveAmount.nullish(),
    currency: label.nullish(),
    channel: label.nullish(),
    country: label.nullish(),
    items: z
      .array(itemShape, { error: "a list of items" })
      .max(maxItems, { error: `at most ${maxItems} items` })
      .nullish(),
    properties: jsonObject.optional(),
  },
  { error: "an order event" },
);

type OrderFields = Partial<z.infer<typeof orderShape>>;
type Item = z.infer<typeof itemShape>;

/** What orders are made of; amounts in other currencies are converted with `currencies`. */
export function orderNormaliser(currencies: Currencies): Normalise {
  return (raw, arrivedAt) => {
    const { fields, faults, bad } = checkShape(orderShape, raw);
    const occurredAt = readOccurredAt(fields.occurredAt, arrivedAt, faults);
    const subjects = readSubjects({ fields, faults, bad });
    const conversion = readConversion(currencies, fields.currency, occurredAt, faults);
    const further = readProperties(fields.properties, faults);
    if (faults.length > 0 || occurredAt === null || conversion === null || fields.type === undefined)
      return refused(faults);
    const amounts = readAmounts(fields, conversion, faults);
    const own = orderProperties(fields, amounts, conversion, currencies.workspace);
    const properties = writeProperties({ ...further, ...own }, faults);
    if (faults.length > 0) return refused(faults);
    const shared = { occurredAt, eventId: identifierText(fields.eventId), attributes: null, properties };
    return admitted(
      effectsOf(fields, subjects).map(
        ({ subject, action }): CanonicalEvent => ({
          ...shared,
          subject: subject.id,
          subjectKind: subject.kind,
          name: `order.${action}`,
          order: orderChange(fields, action, amounts.refund),
        }),
      ),
    );
  };
}

interface Amounts {
  /** In the workspace's currency; null where the source named none and the items do not tell. */
  readonly total: number | null;
  readonly refund: number | null;
  /** As the source said it, before conversion. */
  readonly originalTotal: number | null;
}

function readAmounts(fields: OrderFields, conversion: Conversion, faults: EventFault[]): Amounts {
  const originalTotal = readAmount(fields.total) ?? totalOfItems(fields.items ?? []);
  const refund = fields.type === "order.refunded" ? readAmount(fields.refund) : null;
  return {
    total: converted("total", originalTotal, conversion, faults),
    refund: converted("refund", refund, conversion, faults),
    originalTotal,
  };
}

function converted(
  path: string,
  value: number | null,
  conversion: Conversion,
  faults: EventFault[],
): number | null {
  const amountThere = value === null ? null : convert(conversion, value);
  if (amountThere !== null && readAmount(amountThere) === null)
    faults.push(fault(path, value, `${amountExpected} in the workspace's currency`));
  return amountThere;
}

/** Quantity times price over all items; null where there are none or one has no price. */
function totalOfItems(items: readonly Item[]): number | null {
  if (items.length === 0) return null;
  let total = 0;
  for (const { quantity, price } of items) {
    const each = readAmount(price);
    if (each === null) return null;
    total = round(total + round((readAmount(quantity) ?? 1) * each));
  }
  return total;
}

/** The properties that conditions see; what is not set is left out. */
function orderProperties(
  fields: OrderFields,
  { total, refund, originalTotal }: Amounts,
  conversion: Conversion,
  workspaceCurrency: string,
): JsonObject {
  const properties: JsonObject = { orderId: identifierText(fields.orderId) };
  const set = (name: string, value: unknown): void => {
    if (value !== null) properties[name] = value;
  };
  set("total", total);
  set("refund", refund);
  set("currency", workspaceCurrency);
  if (conversion.original !== null) {
    set("originalCurrency", conversion.original);
    set("originalTotal", originalTotal);
  }
  set("channel", labelText(fields.channel));
  set("country", labelText(fields.country));
  if (fields.items && fields.items.length > 0)
    set(
      "items",
      fields.items.map((item) => itemProperties(item, conversion)),
    );
  return properties;
}

function itemProperties(item: Item, conversion: Conversion): JsonObject {
  const properties: JsonObject = {};
  for (const name of ["sku", "name", "category"] as const) {
    const text = labelText(item[name]);
    if (text !== null) properties[name] = text;
  }
  properties.quantity = readAmount(item.quantity) ?? 1;
  const price = readAmount(item.price);
  if (price !== null) properties.price = convert(conversion, price);
  return properties;
}

interface Effect {
  readonly subject: Subject;
  readonly action: OrderChange["action"];
}

/**
 * What the event does to whom. An order that moved to another customer is cancelled for the one before and placed with
 * the new one; a refund moves nothing.
 */
function effectsOf(fields: OrderFields, subjects: readonly Subject[]): readonly Effect[] {
  const action = (fields.type ?? "order.placed").slice("order.".length) as OrderChange["action"];
  const effects = subjects.map((subject): Effect => ({ subject, action }));
  const previous = identifierText(fields.previousCustomerId);
  const isNamed = subjects.some(({ kind, id }) => kind === "customer" && id === previous);
  if (previous === null || isNamed || action === "refunded") return effects;
  return [
    { subject: { kind: "customer", id: previous }, action: "cancelled" },
    ...effects.map((effect): Effect => (isNewCustomer(effect) ? { ...effect, action: "placed" } : effect)),
  ];
}

function isNewCustomer({ subject, action }: Effect): boolean {
  return subject.kind === "customer" && action === "updated";
}

function orderChange(fields: OrderFields, action: OrderChange["action"], refund: number | null): OrderChange {
  return {
    orderId: identifierText(fields.orderId) ?? "",
    action,
    version: fields.version ?? null,
    refund: action === "refunded" ? refund : null,
  };
}
