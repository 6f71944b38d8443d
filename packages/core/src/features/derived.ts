/** What conditions work out of a feature's state and keep with it until it changes, each at a place of its own. */
export interface Derived {
  /** Null where nothing was worked out since the last change. */
  derived: unknown[] | null;
}

/** What stands at a place, worked out where it does not stand there yet. */
export function derivedAt<State extends Derived, Value>(
  state: State,
  place: number,
  make: (state: State) => Value,
): Value {
  state.derived ??= [];
  const known = state.derived[place];
  if (known !== undefined) return known as Value;
  const made = make(state);
  state.derived[place] = made;
  return made;
}
