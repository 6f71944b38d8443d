/** The total order of events: by instant, then by place in the log. */
export interface Stamp {
  readonly occurredAt: number;
  readonly partition: number;
  readonly offset: number;
}

/** Below 0 where `a` comes before `b`. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.occurredAt - b.occurredAt || a.partition - b.partition || a.offset - b.offset;
}
