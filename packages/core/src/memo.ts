/** What was found of each key is remembered, of up to `most` keys: then all is forgotten, so memory stays bounded. */
export function memo<Key, Value extends object | number>(
  most: number,
  find: (key: Key) => Value,
): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(key);
    if (known.size >= most) known.clear();
    known.set(key, found);
    return found;
  };
}
