/** The name that was probably meant. */

/** Names looked through for one that is near; an unknown name among more than that gets no suggestion beyond them. */
const mostNames = 2_000;
const longestName = 100;

/** Fewest edits away, and no more than a third of its length; undefined where none is. */
export function nearestName(given: string, names: Iterable<string>): string | undefined {
  if (given.length > longestName) return undefined;
  const wanted = given.toLowerCase();
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  let looked = 0;
  for (const name of names) {
    looked += 1;
    if (looked > mostNames) break;
    const most = Math.max(1, Math.floor(name.length / 3));
    if (name.length > longestName || Math.abs(name.length - wanted.length) > most) continue;
    const edits = editDistance(wanted, name.toLowerCase());
    if (edits > most || edits >= fewest) continue;
    nearest = name;
    fewest = edits;
  }
  return nearest;
}

/** Levenshtein's distance, where two neighbours that changed places are one edit ("optimal string alignment"). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const [letter, other] = [from[row - 1], to[column - 1]];
      const replaced = (last[column - 1] ?? 0) + (letter === other ? 0 : 1);
      let least = Math.min(replaced, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      if (letter === to[column - 2] && other === from[row - 2])
        least = Math.min(least, (beforeLast[column - 2] ?? least) + 1);
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
