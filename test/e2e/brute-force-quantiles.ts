/** Fifths of the demo's customers and the segments of packs/rfm/rfm-quantiles.yaml, worked out from the source events. */
import { countIn, lastAt, revenueIn, rfmCodes, type Subject } from "./brute-force.ts";

export interface Fifths {
  /** In seconds. */
  readonly recency: readonly number[];
  readonly frequency: readonly number[];
  /** In the currency's units. */
  readonly monetary: readonly number[];
}

const windowDays = 730;

/** Of everybody with an order in the window, or ever for recency; Hyndman and Fan's type 7, to four places. */
export function fifthsOf(customers: readonly Subject[], now: number): Fifths {
  const buyers = customers.filter((subject) => countIn(subject, now, windowDays) > 0);
  const ever = customers.filter(({ orders }) => orders.size > 0);
  return {
    recency: fifths(ever.map((subject) => (now - lastAt(subject)) / 1_000)),
    frequency: fifths(buyers.map((subject) => countIn(subject, now, windowDays))),
    monetary: fifths(buyers.map((subject) => revenueIn(subject, now, windowDays) / 10_000)),
  };
}

/** The segment of a customer under these cut points: a score is 1 + the points below the value, turned round for recency. */
export function segmentByFifths(subject: Subject, fifths: Fifths, now: number): string {
  if (subject.orders.size === 0) return "no-score";
  const below = (value: number, points: readonly number[]): number =>
    points.filter((point) => point < value).length;
  const recency = 5 - below((now - lastAt(subject)) / 1_000, fifths.recency);
  const frequency = 1 + below(countIn(subject, now, windowDays), fifths.frequency);
  const monetary = 1 + below(revenueIn(subject, now, windowDays) / 10_000, fifths.monetary);
  const code = `${recency}${frequency}${monetary}`;
  return Object.keys(rfmCodes).find((name) => rfmCodes[name]?.split(" ").includes(code)) ?? "no-score";
}

function fifths(values: readonly number[]): number[] {
  const inOrder = values.toSorted((a, b) => a - b);
  return [1, 2, 3, 4].map((fifth) => {
    const place = ((inOrder.length - 1) * fifth) / 5;
    const lower = inOrder[Math.floor(place)] ?? 0;
    const upper = inOrder[Math.ceil(place)] ?? 0;
    return Math.round((lower + (place - Math.floor(place)) * (upper - lower)) * 10_000) / 10_000;
  });
}
