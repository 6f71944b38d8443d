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
    const edits = editDistance(wanted, name.toLowerCase(), Math.min(most, fewest - 1));
    if (edits === undefined) continue;
    nearest = name;
    fewest = edits;
  }
  return nearest;
}

/**
 * Levenshtein's distance, where two neighbours that changed places are one edit ("optimal string alignment");
 * undefined where it is more than `most`.
 */
function editDistance(from: string, to: string, most: number): number | undefined {
  const width = to.length + 1;
  let [beforeLast, last, current] = [new Uint8Array(width), new Uint8Array(width), new Uint8Array(width)];
  let leastOfLast = 0;
  for (let column = 0; column < width; column += 1) last[column] = column;
  for (let row = 1; row <= from.length; row += 1) {
    const letter = from.charCodeAt(row - 1);
    let leastOfRow = row;
    current[0] = row;
    for (let column = 1; column < width; column += 1) {
      const other = to.charCodeAt(column - 1);
      let edits = (last[column - 1] ?? 0) + (letter === other ? 0 : 1);
      edits = Math.min(edits, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      const changedPlaces =
        row > 1 && column > 1 && letter === to.charCodeAt(column - 2) && other === from.charCodeAt(row - 2);
      if (changedPlaces) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      current[column] = edits;
      leastOfRow = Math.min(leastOfRow, edits);
    }
    // No later row gets below the least of two neighbouring ones.
    if (leastOfRow > most && leastOfLast > most) return undefined;
    leastOfLast = leastOfRow;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  const edits = last[width - 1] ?? 0;
  return edits > most ? undefined : edits;
}
