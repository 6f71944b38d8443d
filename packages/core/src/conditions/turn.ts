/** Where the answer of a stretch's bins to its end turns, as the oldest of them leave. */
import { answerOn, type Ladder } from "./ladder.ts";

/** What of a stretch that is asked for. */
interface Bins {
  readonly at: readonly number[];
  readonly sinks: boolean;
  rung(from: number, to: number, ladder: Ladder): number;
}

/** The first place from one on with another instant than the place before it. */
export function behindInstant(at: readonly number[], place: number): number {
  let behind = place;
  while (behind < at.length && at[behind] === at[behind - 1]) behind += 1;
  return behind;
}

/** Place by place. */
export function walk(stretch: Bins, from: number, ladder: Ladder): number | undefined {
  const { at } = stretch;
  const end = at.length;
  const answer = answerOn(ladder, stretch.rung(from, end, ladder));
  for (let place = from + 1; place <= end; place += 1)
    if (at[place] !== at[place - 1] && answerOn(ladder, stretch.rung(place, end, ladder)) !== answer)
      return place;
  return undefined;
}

/** Where bins that leave only lower the number, or leave none: rung by rung, each found by halving. */
function halve(stretch: Bins, from: number, ladder: Ladder): number | undefined {
  const { at } = stretch;
  const end = at.length;
  const lowest = stretch.rung(end, end, ladder);
  let place = from;
  let rung = stretch.rung(from, end, ladder);
  const answer = answerOn(ladder, rung);
  while (rung > lowest) {
    let low = place;
    let high = end;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (stretch.rung(middle, end, ladder) < rung) high = middle;
      else low = middle;
    }
    place = behindInstant(at, high);
    rung = stretch.rung(place, end, ladder);
    if (answerOn(ladder, rung) !== answer) return place;
  }
  return undefined;
}

/** By halving where it sinks. */
export function turnOf(stretch: Bins, from: number, ladder: Ladder): number | undefined {
  return stretch.sinks ? halve(stretch, from, ladder) : walk(stretch, from, ladder);
}
