import { memo } from "../memo.ts";

/** Which definitions an attribute concerns, by its dotted path. */
export interface AttributeReaders {
  /** Those that read this path, what lies above it or what lies below it; by index, each once. */
  at(path: string): readonly number[];
}

/** Paths asked about are remembered, up to this many: they come from customers' attributes. */
const mostPaths = 10_000;

/** `readers`: by the path that they read. */
export function attributeReaders(readers: ReadonlyMap<string, ReadonlySet<number>>): AttributeReaders {
  const at = memo(mostPaths, (path: string): readonly number[] => {
    const found = new Set<number>();
    for (const [read, indexes] of readers) {
      if (read !== path && !read.startsWith(`${path}.`) && !path.startsWith(`${read}.`)) continue;
      for (const index of indexes) found.add(index);
    }
    return [...found];
  });
  return { at };
}
