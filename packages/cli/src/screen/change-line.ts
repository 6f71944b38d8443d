/** One change of a membership as a line for people: who, what, why, and until when. */

/** A change as ClickHouse and the topic have it; instants in ms. */
export interface ChangeShown {
  readonly subjectKind: string;
  readonly subject: string;
  readonly definitionKind: string;
  readonly definition: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly changesAt: number | null;
  readonly cause: string;
  readonly causeEvent: string | null;
}

/** Writes an instant in the workspace's zone, to the second. */
export type ShowInstant = (instant: number) => string;

export function showInstantsIn(zone: string): ShowInstant {
  // Swedish dates are ISO's.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return (instant) => format.format(instant);
}

export function changeLine(change: ChangeShown, showInstant: ShowInstant): string {
  const who = change.subjectKind === "company" ? `company ${change.subject}` : change.subject;
  const until = change.changesAt === null ? "" : `; until ${showInstant(change.changesAt)}`;
  return `${showInstant(change.effectiveAt)}  ${who.padEnd(10)}  ${movement(change)}, ${reason(change)}${until}`;
}

function movement({ definitionKind, definition, from, to }: ChangeShown): string {
  if (definitionKind === "segment") return to === "in" ? `entered ${definition}` : `left ${definition}`;
  return from === null ? `is ${to} of ${definition}` : `went from ${from} to ${to} of ${definition}`;
}

function reason({ cause, causeEvent }: ChangeShown): string {
  if (cause === "time") return "because time passed";
  if (cause === "late") return `because of ${causeEvent ?? "an event"}, which came late`;
  if (cause === "event") return `because of ${causeEvent ?? "an event"}`;
  return `because of ${cause}`;
}
