/** Instants to look at, earliest first, each with the definitions that may change then. */

export interface Agenda {
  add(instant: number, definitions: ReadonlySet<string>): void;
  /** Takes the earliest instant off, where it is not after `upTo`. */
  take(upTo: number): { readonly instant: number; readonly definitions: ReadonlySet<string> } | undefined;
}

export function emptyAgenda(): Agenda {
  /** A binary heap: no instant is before its parent's, at half its place. */
  const heap: number[] = [];
  const due = new Map<number, ReadonlySet<string>[]>();
  const at = (place: number): number => heap[place] ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [at(b), at(a)];
  };

  const rise = (from: number): void => {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1;
      if (at(parent) <= at(place)) return;
      swap(place, parent);
      place = parent;
    }
  };
  const sink = (): void => {
    for (let place = 0; ; ) {
      const left = 2 * place + 1;
      const least = at(left + 1) < at(left) ? left + 1 : left;
      if (at(place) <= at(least)) return;
      swap(place, least);
      place = least;
    }
  };
  return {
    add(instant, definitions) {
      const known = due.get(instant);
      if (known !== undefined) {
        if (!known.includes(definitions)) known.push(definitions);
        return;
      }
      due.set(instant, [definitions]);
      heap.push(instant);
      rise(heap.length - 1);
    },
    take(upTo) {
      const instant = heap[0];
      if (instant === undefined || instant > upTo) return undefined;
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last;
        sink();
      }
      const definitions = new Set((due.get(instant) ?? []).flatMap((names) => [...names]));
      due.delete(instant);
      return { instant, definitions };
    },
  };
}
