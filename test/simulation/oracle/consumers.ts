/** What came out at the far end: rows of every record once, webhooks of every change that is to set one off. */
import type { StandingChange } from "../../../packages/cli/src/judge/checks/changes.ts";
import type { Seen } from "../run/start-service.ts";
import { documents as always, documentsByCuts } from "../scenario/definitions.ts";
import { standingChanges } from "./changes.ts";
import { namesErased } from "./erasures.ts";
import type { Evidence } from "./evidence.ts";

const documents = [...always, ...documentsByCuts];

export function checkConsumers(evidence: Evidence, seen: Seen): string[] {
  return [
    ...(seen.gaps > evidence.leftOut
      ? [`Consumers saw ${seen.gaps} gaps in the numbers of changes; ${evidence.leftOut} were left out.`]
      : []),
    ...checkControlRecords(evidence),
    ...checkArchivedPlaces(evidence),
    ...checkWebhooks(evidence),
  ];
}

/** All records that are no events, changes or rejections. */
function checkControlRecords(evidence: Evidence): string[] {
  const { judged, log, tables } = evidence;
  const wanted = new Set<string>();
  for (const [partition, facts] of log)
    for (const { offset, type } of facts)
      if (type !== "tidemark.log.CustomerEvent") wanted.add(`customer-events/${partition}/${offset}`);
  for (const [partition, entries] of judged.logs.segmentChanges)
    for (const { type, offset } of entries)
      if (type === "fence") wanted.add(`segment-changes/${partition}/${offset}`);
  const findings: string[] = [];
  const placeOf = (row: Readonly<Record<string, unknown>>): string =>
    `${row.topic}/${row.kafka_partition}/${row.offset}`;
  const rows = tables.rows("control_records").map(placeOf);
  for (const [table, places] of [
    ["control_records", rows],
    ["rejected_events", tables.rows("rejected_events").map((row) => `${row.kafka_partition}/${row.offset}`)],
  ] as const) {
    const seen = new Set<string>();
    for (const place of places) {
      if (seen.has(place)) findings.push(`${table} has ${place} more than once.`);
      seen.add(place);
    }
    if (table !== "control_records") continue;
    const { mayGo, mustGo } = namesErased(evidence);
    for (const place of wanted)
      if (!seen.has(place) && !mayGo.has(place)) findings.push(`${table} lacks ${place}.`);
    for (const row of tables.rows("control_records"))
      if (mustGo.has(placeOf(row)) && "subject" in JSON.parse(String(row.value)))
        findings.push(`${table} names at ${placeOf(row)} who was erased.`);
    for (const place of seen) if (!wanted.has(place)) findings.push(`${table} has ${place}, which is none.`);
  }
  return findings;
}

/** A row is of the record that stands: not of one that came again, nor of an owner that was shut out. */
function checkArchivedPlaces(evidence: Evidence): string[] {
  const standing = new Map<string, number>();
  for (const [partition, changes] of standingChanges(evidence))
    for (const { sequence, offset } of changes) standing.set(`${partition}-${sequence}`, offset);
  return evidence.tables.rows("segment_changes").flatMap((row) => {
    const offset = standing.get(String(row.change_id));
    if (offset === undefined || offset === row.offset) return [];
    return [`segment_changes has ${row.change_id} from offset ${row.offset}; it stands at ${offset}.`];
  });
}

interface Trigger {
  readonly enters?: string;
  readonly leaves?: string;
  readonly moves?: string;
  readonly to?: readonly string[];
}

function checkWebhooks(evidence: Evidence): string[] {
  const findings: string[] = [];
  const wanted = new Map<string, StandingChange>();
  for (const changes of standingChanges(evidence).values())
    for (const change of changes) for (const id of webhooksOf(change)) wanted.set(id, change);
  const arrived = new Set(evidence.received.map(({ id }) => id));
  const given = new Set(evidence.letters.flatMap(({ webhookId }) => webhookId ?? []));
  for (const id of wanted.keys())
    if (!arrived.has(id) && !given.has(id)) findings.push(`The webhook ${id} never arrived.`);
  for (const id of new Set([...arrived, ...given]))
    if (!wanted.has(id)) findings.push(`The webhook ${id} has no change that sets it off.`);
  for (const { id, body } of evidence.received) {
    const change = wanted.get(id);
    const { subject, data } = JSON.parse(body);
    if (change && (subject !== `${change.subjectKind}:${change.subject}` || data.to !== change.to))
      findings.push(`The webhook ${id} says ${data.to} of ${subject}.`);
    else if (change && Date.parse(data.detectedAt) !== change.detectedAt)
      findings.push(`The webhook ${id} is not of the change that stands.`);
  }
  for (const { webhookId, reason } of evidence.letters) {
    const change = wanted.get(webhookId ?? "");
    if (change === undefined) continue;
    const isRefused = `${change.subjectKind}:${change.subject}` === evidence.refused;
    // What is refused is so for good; all else may have been tried too often, or for too long where nobody answered.
    if (reason === "webhook-unknown" || (reason === "webhook-refused" && !isRefused))
      findings.push(`The webhook ${webhookId} is a dead letter for ${reason}.`);
  }
  return [...findings, ...checkOrder(evidence, wanted)];
}

/** Of one subject an endpoint hears in the order of the changes; what comes again does not count. */
function checkOrder({ received, letters }: Evidence, wanted: ReadonlyMap<string, StandingChange>): string[] {
  const endpoints = new Map(
    documents.flatMap(({ id, do: actions }) =>
      Array.isArray(actions)
        ? actions.map((action, index): [string, string] => [`${id}/${index}`, action.webhook])
        : [],
    ),
  );
  const given = new Set(letters.flatMap(({ webhookId }) => webhookId ?? []));
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  const findings: string[] = [];
  for (const { id } of received) {
    const change = wanted.get(id);
    if (change === undefined || seen.has(id) || given.has(id)) continue;
    seen.add(id);
    const lane = `${endpoints.get(id.slice(id.indexOf("/") + 1))} ${change.subjectKind}:${change.subject}`;
    if (change.sequence < (latest.get(lane) ?? 0))
      findings.push(`The webhook ${id} came behind a later one.`);
    latest.set(lane, Math.max(change.sequence, latest.get(lane) ?? 0));
  }
  return findings;
}

function webhooksOf(change: StandingChange): string[] {
  const { definitionKind, definition, from, to, historic, changeId, cause, causeEvent } = change;
  // Nobody is told of who was merged or erased.
  if (cause === "erased" || causeEvent === "customer.merged") return [];
  return documents.flatMap((document) => {
    if (document.kind !== "automation" || (historic && document.historic !== true)) return [];
    const on = document.on as Trigger;
    const isMeant =
      definitionKind === "segment"
        ? (on.enters === definition && to === "in") ||
          (on.leaves === definition && to === "out" && from !== null)
        : on.moves === definition && (on.to?.includes(to) ?? true);
    const actions = document.do as readonly unknown[];
    return isMeant ? actions.map((_, index) => `${changeId}/${document.id}/${index}`) : [];
  });
}
