/** Merges and erasures reached everybody whom they had to reach, once, and what is said of it is right. */
import type { Lives } from "../identity/lives.ts";
import { isIdentity, type LogEntry, type Logs, subjectKeyOf } from "../records.ts";
import { type Findings, foundLost } from "../verdict.ts";

export function checkIdentities(logs: Logs, { rejections, onward }: Lives, findings: Findings): void {
  const said = new Map(logs.rejected.map((one) => [`${one.partition}/${one.offset}`, one.reason]));
  for (const [place, reason] of rejections)
    if (said.get(place) !== reason)
      foundLost(
        findings,
        `customer-events/${place} had to be rejected as ${reason}; it was ${said.get(place) ?? "taken"}.`,
      );
  const wanted = new Map(
    onward.map(({ partition, offset, type, subject, notBefore }) => [
      `${partition}/${offset} ${type} ${subject}`,
      notBefore,
    ]),
  );
  const found = new Set<string>();
  for (const entries of logs.customerEvents.values())
    for (const entry of entries) {
      const sent = sentOnward(entry);
      if (sent === undefined) continue;
      found.add(sent);
      if (!wanted.has(sent)) foundLost(findings, `customer-events has what nothing sent on: ${sent}.`);
      const notBefore = wanted.get(sent);
      if (notBefore !== undefined && isIdentity(entry) && entry.at < notBefore)
        foundLost(findings, `customer-events has an erasure dated before what it is meant for: ${sent}.`);
    }
  for (const sent of wanted.keys())
    if (!found.has(sent)) foundLost(findings, `customer-events lacks what was to be sent on: ${sent}.`);
}

/** From where it was sent, what it is, and to whom; undefined for what came from outside. */
function sentOnward(entry: LogEntry): string | undefined {
  if (entry.type !== "event" && !isIdentity(entry)) return undefined;
  const source = entry.type === "event" ? entry.event : entry.source;
  if (source === null || source.sourceId !== "customer-events") return undefined;
  const subject =
    entry.type === "event"
      ? subjectKeyOf(entry.event)
      : entry.type === "unmerge"
        ? ""
        : `${entry.subjectKind}:${entry.subject}`;
  return `${source.sourcePartition}/${source.sourceOffset} ${entry.type} ${subject}`;
}
