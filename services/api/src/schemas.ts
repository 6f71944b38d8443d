/** The shapes of answers, for callers and for the OpenAPI page. */
import { z } from "zod";
import { kinds } from "./catalogue.ts";

export const kind = z.enum(kinds);
const instant = z.iso.datetime();
const text = z.string();

export const problem = z
  .object({
    type: text.describe("A name, as a URN"),
    title: text,
    status: z.int(),
    detail: text,
    faults: z
      .array(
        z.object({
          definition: text.describe("`kind/id`, or the place of the document where that is not known"),
          path: text.describe("Dotted; empty for the document itself"),
          found: text,
          expected: text,
          nearest: text.optional().describe("The name that was probably meant"),
          line: z.int().optional().describe("In the text that was sent, from 1"),
          column: z.int().optional(),
        }),
      )
      .optional(),
    referrers: z.array(z.object({ definition: text, path: text })).optional(),
    reasons: z.record(text, text).optional(),
  })
  .meta({ id: "Problem", description: "Problem details, RFC 9457" });

const definitionFields = {
  kind,
  id: text,
  name: text,
  version: z.int().describe("Grows with every change"),
  status: z
    .enum(["active", "filling", "pending"])
    .describe(
      "`active`: in force. `filling`: its history is being read; until then the version before goes on, or nothing comes out. `pending`: on its way to some partitions",
    ),
  filling: z.boolean(),
  note: text.optional().describe("Why it is not active, in a sentence"),
  fill: z
    .object({
      applied: z.int().describe("Customers and companies that are done"),
      subjects: z.int().describe("Of so many that were found in the archive until now"),
      live: z.int().describe("Partitions in which it is in force"),
      partitions: z.int(),
    })
    .optional()
    .describe("How far filling it is"),
  writtenAt: instant,
  document: z.record(text, z.unknown()).describe("As it was written"),
};

export const definition = z.object(definitionFields).meta({ id: "Definition" });

const change = z.enum(["created", "replaced", "unchanged"]);

export const writtenDefinition = z.object({ ...definitionFields, change }).meta({ id: "WrittenDefinition" });

export const checkedDefinitions = z
  .object({
    valid: z.literal(true),
    definitions: z.array(
      z.object({
        kind,
        id: text,
        change,
        filling: z.boolean().describe("Whether it would be filled from history, as events exist"),
      }),
    ),
  })
  .meta({ id: "CheckedDefinitions" });

const score = z.int().nullable();
const membership = {
  id: text,
  name: text,
  since: instant,
  changesAt: instant
    .nullable()
    .describe("When it would end with no further event; null for never, or not foreseeable"),
  mark: z.object({ color: text.optional(), icon: text.optional(), label: text.optional() }).nullable(),
};

const merge = z.object({ id: text, at: instant });

export const customer = z
  .object({
    kind: z.enum(["customer", "company"]),
    id: text,
    asOf: instant.describe("The instant that all of it is about"),
    mergedInto: merge.nullable().describe("Whom it became part of: all that is known is there"),
    absorbed: z.array(merge).readonly().describe("Who became part of it"),
    attributes: z.record(text, z.unknown()),
    metrics: z.record(text, z.number().nullable()).describe("By id; null where there is none"),
    scores: z.record(
      text,
      z.object({ recency: score, frequency: score, monetary: score, total: score, code: score }),
    ),
    segments: z.array(z.object(membership)).readonly(),
    classifications: z.array(z.object({ ...membership, category: text, categoryName: text })).readonly(),
    filling: z
      .array(z.object({ kind: text, id: text }))
      .readonly()
      .describe("Definitions that are not evaluated yet"),
  })
  .meta({ id: "Customer" });

const part = z.object({
  state: z
    .enum(["pending", "found", "removed", "unknown"])
    .describe("`found`: removing it is under way. `unknown`: who keeps it does not answer"),
  found: z.int().nullable().describe("How many were found; null while that is not known"),
});

export const erasure = z
  .object({
    id: text.describe("Ask for it with /v1/erasures/{id}; it names nobody"),
    done: z.boolean(),
    erasedAt: instant
      .nullable()
      .describe("What is dated up to then does not count any more; null while that is not known"),
    parts: z.object({
      state: part.describe("Profile, features, memberships, timers and orders kept for corrections"),
      events: part.describe("Archived events"),
      changes: part.describe("Archived changes of memberships"),
      deadLetters: part.describe("Dead letters: removed when the broker has compacted the topic"),
    }),
  })
  .meta({ id: "Erasure", description: "A receipt" });

export const mergeAsked = z
  .object({ note: text })
  .meta({ id: "MergeAsked", description: "The page of the one that goes says when it is done" });
