/** What a write would do: faults, all at once, or what is created, replaced and left as it is. No I/O. */
import { isDeepStrictEqual } from "node:util";
import { type Definition, type Fault, parseDefinitions } from "@tidemark/core";
import { type Catalogue, type Kind, nameOf } from "./catalogue.ts";
import type { DocumentFault, Referrer } from "./problem.ts";
import type { TextDocument } from "./text-document.ts";

export type Change = "created" | "replaced" | "unchanged";

export interface Proposed {
  readonly kind: Kind;
  readonly id: string;
  readonly change: Change;
  /** JSON text; as it stands where nothing changes. */
  readonly document: string;
}

export type Proposal =
  | {
      readonly proposed: readonly Proposed[];
      /** All that there would be, these first. */
      readonly definitions: readonly Definition[];
      readonly faults?: never;
    }
  | { readonly faults: readonly DocumentFault[]; readonly proposed?: never };

/** JSON text of one definition at most, in bytes: it goes into every partition's log and state. */
const maxDocumentBytes = 200_000;

/**
 * Checks documents against all that would be there after them. `expected` is what a lone document has to be. What was
 * wrong with others before, and has nothing to do with these, is left out.
 */
export function propose(
  catalogue: Catalogue,
  given: readonly TextDocument[],
  expected?: { readonly kind: Kind; readonly id: string },
): Proposal {
  const documents = given.map(({ value }) => value);
  const names = new Set(documents.map(nameOfDocument));
  const others = [...catalogue.documents].filter(([name]) => !names.has(name));
  // The given ones first: faults name those without kind and id by their number.
  const { definitions, faults } = parseDefinitions([...documents, ...others.map(([, document]) => document)]);
  const known = new Set(catalogue.faults.map(faultKey));
  const all = [
    ...mismatches(given, expected),
    ...faults.filter((fault) => !known.has(faultKey(fault)) || names.has(fault.definition)),
    ...oversized(documents),
  ];
  if (all.length > 0) return { faults: all.map((fault) => placed(fault, given)) };
  const proposed = definitions.slice(0, documents.length).map(({ kind, id }, index): Proposed => {
    const name = nameOf({ kind, id });
    const before = catalogue.definitions.get(name);
    const document = JSON.stringify(documents[index]);
    if (before && isDeepStrictEqual(catalogue.documents.get(name), JSON.parse(document)))
      return { kind, id, change: "unchanged", document: before.document };
    return { kind, id, change: before ? "replaced" : "created", document };
  });
  return { proposed, definitions };
}

/** The definitions that could not stand without this one, and where they name it. */
export function referrersOf(catalogue: Catalogue, name: string): readonly Referrer[] {
  const rest = [...catalogue.documents].filter(([other]) => other !== name);
  const { faults } = parseDefinitions(rest.map(([, document]) => document));
  const known = new Set(catalogue.faults.map(faultKey));
  return faults
    .filter((fault) => !known.has(faultKey(fault)))
    .map(({ definition, path }) => ({ definition, path }));
}

function faultKey({ definition, path, found }: Fault): string {
  return JSON.stringify([definition, path, found]);
}

function nameOfDocument(document: unknown): string {
  const { kind, id } = (document ?? {}) as Readonly<Record<string, unknown>>;
  return typeof kind === "string" && typeof id === "string" ? nameOf({ kind, id }) : "";
}

/** A document has to be what its address says. */
function mismatches(
  given: readonly TextDocument[],
  expected: { readonly kind: Kind; readonly id: string } | undefined,
): Fault[] {
  if (expected === undefined) return [];
  const [first, second] = given;
  const definition = nameOf(expected);
  if (second !== undefined)
    return [
      { definition, path: "", found: `${given.length} definitions`, expected: "one, as in the address" },
    ];
  const document = (first?.value ?? {}) as Readonly<Record<string, unknown>>;
  return (["kind", "id"] as const).flatMap((path) => {
    const found = document[path];
    if (typeof found !== "string" || found === expected[path]) return [];
    const wanted = `${JSON.stringify(expected[path])}, as in the address`;
    return [{ definition, path, found: JSON.stringify(found.slice(0, 100)), expected: wanted }];
  });
}

function oversized(documents: readonly unknown[]): Fault[] {
  return documents.flatMap((document, index) => {
    const bytes = jsonBytes(document);
    if (bytes === undefined || bytes <= maxDocumentBytes) return [];
    const definition = nameOfDocument(document) || `document ${index + 1}`;
    return [
      { definition, path: "", found: `${bytes} bytes of JSON`, expected: `at most ${maxDocumentBytes}` },
    ];
  });
}

/** Undefined for what is no JSON, which is a fault of its own. */
function jsonBytes(document: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(document) ?? "");
  } catch {
    return undefined;
  }
}

/** With its place in the text, if it is about one of these documents. */
function placed(fault: Fault, given: readonly TextDocument[]): DocumentFault {
  const index = given.findIndex(({ value }, at) =>
    [nameOfDocument(value), `document ${at + 1}`].includes(fault.definition),
  );
  const place = given[index === -1 && given.length === 1 ? 0 : index]?.placeOf(
    fault.path === "" ? [] : fault.path.split("."),
  );
  return place ? { ...fault, ...place } : fault;
}
