/** What is known of a customer, as the HTTP interface tells it. */

interface Membership {
  readonly id: string;
  readonly name: string;
  readonly since: string;
  readonly changesAt: string | null;
}

interface CustomerPage {
  readonly kind: string;
  readonly id: string;
  readonly asOf: string;
  /** Whom it became part of: all that is known is there. */
  readonly mergedInto: { readonly id: string; readonly at: string } | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly scores: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly segments: readonly Membership[];
  readonly classifications: readonly (Membership & { readonly category: string })[];
  readonly filling: readonly { readonly kind: string; readonly id: string }[];
}

/** Answers the interface's page. Rejects with a sentence where nothing is known of the customer. */
export async function findCustomer(apiUrl: string, id: string): Promise<CustomerPage> {
  const response = await fetch(`${apiUrl}/v1/customers/${encodeURIComponent(id)}`);
  if (response.status === 404) throw new Error(`Nothing is known of the customer "${id}"`);
  if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as CustomerPage;
}

/** The page for people. */
export function describeCustomerPage(page: CustomerPage): string {
  const blocks = [
    `${page.kind} ${page.id}, as of ${page.asOf}`,
    page.mergedInto === null ? "" : `Became part of ${page.mergedInto.id} at ${page.mergedInto.at}.`,
    block("Attributes", flatten(page.attributes)),
    block("Metrics", Object.entries(page.metrics)),
    block(
      "Scores",
      Object.entries(page.scores).map(([id, parts]) => [
        id,
        Object.entries(parts)
          .map(([part, score]) => `${part} ${score ?? "-"}`)
          .join(", "),
      ]),
    ),
    block(
      "In segments",
      page.segments.map((one) => [one.id, stay(one)]),
    ),
    block(
      "Classified",
      page.classifications.map((one) => [one.id, `${one.category}, ${stay(one)}`]),
    ),
    block(
      "Not evaluated yet",
      page.filling.map(({ kind, id }) => [`${kind}/${id}`, "filling"]),
    ),
  ];
  return `${blocks.filter((text) => text !== "").join("\n\n")}\n`;
}

function stay({ since, changesAt }: Membership): string {
  return `since ${since}, ${changesAt === null ? "with no end in sight" : `until ${changesAt} if nothing happens`}`;
}

function block(heading: string, rows: readonly (readonly [name: string, value: unknown])[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([name]) => name.length));
  return [heading, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value ?? "-"}`)].join("\n");
}

/** Objects by dotted paths. */
function flatten(
  value: Readonly<Record<string, unknown>>,
  prefix = "",
): readonly (readonly [string, unknown])[] {
  return Object.entries(value).flatMap(([name, inner]): (readonly [string, unknown])[] =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? [...flatten(inner as Readonly<Record<string, unknown>>, `${prefix}${name}.`)]
      : [[`${prefix}${name}`, Array.isArray(inner) ? inner.join(", ") : inner]],
  );
}
