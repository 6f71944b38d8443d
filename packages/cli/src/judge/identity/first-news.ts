/** When anything of a customer first came to a partition: a definition behind it has to be filled. */
import { livesOf } from "../fold/life.ts";
import type { EventEntry } from "../records.ts";
import type { Lives } from "./lives.ts";

/** Offset of the first, of admitted events or of somebody who was absorbed; undefined where nothing came. */
export function firstNews(
  admitted: readonly EventEntry[],
  partition: number,
  { bySubject }: Lives,
): number | undefined {
  const wasSomebody = (subject: string, mergeOffset: number): boolean => {
    const own = livesOf(bySubject.get(subject)?.entries ?? []).find(
      (life) => life.at(-1)?.offset === mergeOffset,
    );
    return (own ?? []).some(
      (entry) =>
        entry.type === "event" || (entry.type === "absorbed" && wasSomebody(entry.from, entry.mergeOffset)),
    );
  };
  const absorbed = [...bySubject.values()]
    .filter((life) => life.partition === partition)
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.type === "absorbed" && wasSomebody(entry.from, entry.mergeOffset));
  const offsets = [...admitted, ...absorbed].map(({ offset }) => offset);
  return offsets.length === 0 ? undefined : offsets.reduce((a, b) => Math.min(a, b));
}
