/** The name that was probably meant: fewest edits away, and no more than a third of its length. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of known) {
    const edits = editDistance(given.toLowerCase(), name.toLowerCase());
    if (edits <= Math.max(1, name.length / 3) && (best === undefined || edits < best.edits))
      best = { name, edits };
  }
  return best?.name;
}

/** Levenshtein's distance, one row at a time; names that hold the same letters without spaces or marks are equal. */
function editDistance(a: string, b: string): number {
  if (a.replaceAll(/[^\p{L}\p{N}]/gu, "") === b.replaceAll(/[^\p{L}\p{N}]/gu, "")) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
