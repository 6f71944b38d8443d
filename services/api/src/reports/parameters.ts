/** What reports are asked with: each parameter with its type in ClickHouse, its default and a sentence. */
import { z } from "zod";

const dayMs = 86_400_000;

interface Parameter {
  /** As the views call it. */
  readonly name: string;
  /** ClickHouse's type. */
  readonly type: string;
  readonly schema: z.ZodType<string | number | readonly string[] | undefined>;
  /** Undefined where it has to be given. */
  readonly fallback: (now: number) => string | number | undefined;
}

const id = z.string().min(1).max(200);
const optionalId = z.string().max(200).optional();
const dayText = z.iso.date().optional();
const empty = () => "";
const dayAgo = (days: number) => (now: number) => new Date(now - days * dayMs).toISOString().slice(0, 10);
const days = z.coerce.number().int().min(1).max(3_660).optional();

export const parameters = {
  definition: {
    name: "definition",
    type: "String",
    schema: id.describe("Id of a segment or classification"),
    fallback: () => undefined,
  },
  /** For reports that tell all where none is named. */
  anyDefinition: {
    name: "definition",
    type: "String",
    schema: optionalId.describe("Id of a segment or classification; all where it is left out"),
    fallback: empty,
  },
  category: {
    name: "category",
    type: "String",
    schema: optionalId.describe("Of a classification; in for a segment, which is the default"),
    fallback: () => "in",
  },
  from: {
    name: "from",
    type: "Date",
    schema: dayText.describe("First day, in UTC; 30 days ago where it is left out"),
    fallback: dayAgo(30),
  },
  to: {
    name: "to",
    type: "Date",
    schema: dayText.describe("Last day, in UTC; today where it is left out"),
    fallback: dayAgo(0),
  },
  until: {
    name: "until",
    type: "Date",
    schema: dayText.describe("Last day that counts, in UTC; today where it is left out"),
    fallback: dayAgo(0),
  },
  day: {
    name: "day",
    type: "Date",
    schema: dayText.describe("The day that it is about, in UTC; today where it is left out"),
    fallback: dayAgo(0),
  },
  days: {
    name: "days",
    type: "UInt32",
    schema: days.describe("How many days; 30 where it is left out"),
    fallback: () => 30,
  },
  asOf: {
    name: "as_of",
    type: "DateTime64(3, 'UTC')",
    schema: z.iso
      .datetime()
      .optional()
      .describe("The instant that it is about, in UTC; now where it is left out"),
    fallback: (now) => new Date(now).toISOString(),
  },
  basis: {
    name: "basis",
    type: "String",
    schema: optionalId.describe(
      "first-order (the default), or an attribute with a date such as registeredAt",
    ),
    fallback: () => "first-order",
  },
  source: {
    name: "source",
    type: "String",
    schema: optionalId.describe(
      "Attribute that splits the cohorts, such as source; none where it is left out",
    ),
    fallback: empty,
  },
  unit: {
    name: "unit",
    type: "UInt32",
    schema: z.coerce
      .number()
      .int()
      .min(1)
      .max(31_622_400)
      .optional()
      .describe("Seconds that recency is counted in, whole ones; 86400 where it is left out"),
    fallback: () => 86_400,
  },
  ties: {
    name: "ties",
    type: "String",
    schema: z
      .enum(["together", "apart"])
      .optional()
      .describe("Equal frequencies get one score (together, the default), or are ranked by id (apart)"),
    fallback: () => "together",
  },
  stages: {
    name: "stages",
    type: "Array(String)",
    schema: z
      .string()
      .transform((text) => text.split(",").map((stage) => stage.trim()))
      .pipe(z.array(z.string().min(1).max(400)).min(2).max(8))
      .describe("2 to 8 of them with commas between: ids of segments, and classification/category"),
    fallback: () => undefined,
  },
  holdout: {
    name: "holdout",
    type: "String",
    schema: optionalId.describe("Segment or classification that holds who is left in peace"),
    fallback: empty,
  },
  holdoutCategory: {
    name: "holdout_category",
    type: "String",
    schema: optionalId.describe("Of that classification; in for a segment, which is the default"),
    fallback: () => "in",
  },
  control: {
    name: "control",
    type: "String",
    schema: optionalId.describe(
      "Segment whose entries are the holdout, where the other leaves the holdout out",
    ),
    fallback: empty,
  },
  controlCategory: {
    name: "control_category",
    type: "String",
    schema: optionalId.describe("Of that classification; in for a segment, which is the default"),
    fallback: () => "in",
  },
} as const satisfies Readonly<Record<string, Parameter>>;

export type ParameterKey = keyof typeof parameters;

/** How an address calls it. */
export function nameOf(key: ParameterKey): string {
  return key === "anyDefinition" ? "definition" : key;
}

/** The values of a request, the defaults among them, under the names of the views. */
export function valuesOf(
  keys: readonly ParameterKey[],
  given: Readonly<Record<string, unknown>>,
  now: number,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    keys.map((key) => {
      const { name, type, fallback } = parameters[key];
      const value = given[nameOf(key)] ?? fallback(now);
      // ClickHouse reads an instant without a zone in that of its type.
      return [name, type.startsWith("DateTime") ? String(value).replace("T", " ").replace("Z", "") : value];
    }),
  );
}
