/** Somebody's life as the log has it: what came, whom it absorbed, how it ended. */
import type { LifeEntry } from "../identity/lives.ts";
import { type Added, absorbHistory, addEvent, emptyHistory, type History } from "./history.ts";

/** Somebody's entries and where they are in the log. */
export interface Life {
  readonly partition: number;
  readonly entries: readonly LifeEntry[];
}

/** Who was absorbed: its entries up to the merge, and where its clock stood then. */
export interface Absorbed {
  readonly life: Life;
  readonly clock: number;
}

/** `mergeOffset`: of its merge. Undefined where there was nothing of it. */
export type AbsorbedOf = (from: string, mergeOffset: number) => Absorbed | undefined;

/** Who ended may begin anew, with nothing of what was. */
export function livesOf(entries: readonly LifeEntry[]): readonly (readonly LifeEntry[])[] {
  const lives: LifeEntry[][] = [[]];
  for (const entry of entries) {
    lives.at(-1)?.push(entry);
    if (isEnd(entry)) lives.push([]);
  }
  return lives.filter((life) => life.length > 0);
}

function isEnd({ type }: LifeEntry): boolean {
  return type === "merged" || type === "erased";
}

/** All that is known of somebody, with those it had absorbed. */
export function gather(
  { partition, entries }: Life,
  absorbedOf: AbsorbedOf,
  history: History,
): { readonly history: History; readonly all: readonly Added[] } {
  const all: Added[] = [];
  for (const entry of entries) {
    if (entry.type === "event") all.push(addEvent(history, entry.event, { partition, offset: entry.offset }));
    if (entry.type !== "absorbed") continue;
    const other = absorbedOf(entry.from, entry.mergeOffset);
    if (other === undefined) continue;
    const own = emptyHistory([...history.series.values()].map(({ selector }) => selector));
    const theirs = gather(other.life, absorbedOf, own);
    absorbHistory(history, theirs.history);
    all.push(...theirs.all);
  }
  return { history, all };
}

export function countEvents({ entries }: Life, absorbedOf: AbsorbedOf): number {
  return entries.reduce((sum, entry) => {
    if (entry.type === "event") return sum + 1;
    const other = entry.type === "absorbed" ? absorbedOf(entry.from, entry.mergeOffset) : undefined;
    return sum + (other === undefined ? 0 : countEvents(other.life, absorbedOf));
  }, 0);
}

export function instantOf(entry: LifeEntry): number {
  return entry.type === "event" ? entry.event.occurredAt : entry.at;
}
