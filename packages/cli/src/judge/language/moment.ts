/** One look at one subject at one instant. */
import type { History } from "../fold/history.ts";
import type { ZoneChoice } from "./watch.ts";
import type { Zone } from "./zone.ts";

export interface Moment {
  readonly now: number;
  /** All that happened up to now. */
  readonly history: History;
  /** The cut points of that name, in units of 1/10,000; undefined where there are none. */
  cut(name: string): readonly number[] | undefined;
  /** The zone that decides days here and now. */
  zone(choice: ZoneChoice): Zone;
  /** `in` or `out` of a segment, or the category, by `kind/id`. */
  stateOf(definition: string): string;
}

export type Holds = (moment: Moment) => boolean;
