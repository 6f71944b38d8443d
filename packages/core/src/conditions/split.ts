/**
 * A customer's stable bucket for a name, in percent to four places: murmurHash3 (32 bits, seed 0) of the UTF-8 text
 * `NAME:ID`, as a share of 2^32.
 */
import { murmur3 } from "../murmur3.ts";
import { type Evaluate, never } from "./condition.ts";

const bucketsPerPercent = 10_000;
const buckets = 100 * bucketsPerPercent;

/** In percent: [from, to). */
export function split(name: string, from: number, to: number): Evaluate {
  const [first, end] = [Math.round(from * bucketsPerPercent), Math.round(to * bucketsPerPercent)];
  return (evaluation) => {
    evaluation.until = never;
    const bucket = Math.floor((murmur3(`${name}:${evaluation.state.id}`) * buckets) / 2 ** 32);
    return bucket >= first && bucket < end;
  };
}
