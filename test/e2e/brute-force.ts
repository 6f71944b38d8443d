/**
 * Who is in which segment of the demo, worked out anew from the source events as they were sent: a plain scan for
 * each definition of packs/demo and packs/rfm, with the platform's own dates. Nothing of the product is used.
 */
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";

/** Subjects by segment; for classifications by `ID:CATEGORY`. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>;

const dayMs = 86_400_000;

interface Order {
  readonly at: number;
  readonly channel: string | null;
  readonly items: readonly { readonly category: string | null }[];
  /** What it counts for now, in ten-thousandths; null once cancelled. */
  total: number | null;
}

export interface Subject {
  readonly orders: Map<string, Order>;
  readonly interactions: { readonly name: string; readonly at: number; readonly properties: Properties }[];
  attributes: Properties;
}

type Properties = Readonly<Record<string, unknown>>;

export function bruteForce(
  events: SourceEvents,
  now: number,
): { readonly customers: Members; readonly companies: Members } {
  const { customers, companies } = subjectsOf(events, now);
  return {
    customers: membersOf(customers, customerDefinitions, now),
    companies: membersOf(companies, companyDefinitions, now),
  };
}

/** What each of them did up to an instant. */
export function subjectsOf(
  events: SourceEvents,
  now: number,
): { readonly customers: Map<string, Subject>; readonly companies: Map<string, Subject> } {
  const customers = new Map<string, Subject>();
  const companies = new Map<string, Subject>();
  const everyone = (ids: {
    readonly customerId: string | null;
    readonly companyId: string | null;
  }): Subject[] => [
    ...(ids.customerId === null ? [] : [subjectIn(customers, ids.customerId)]),
    ...(ids.companyId === null ? [] : [subjectIn(companies, ids.companyId)]),
  ];
  const inTime = <Event extends { readonly occurredAt: number }>(list: readonly Event[]): Event[] =>
    list.filter(({ occurredAt }) => occurredAt <= now).sort((a, b) => a.occurredAt - b.occurredAt);
  for (const order of inTime(events.orders)) {
    for (const { orders } of everyone(order)) {
      const known = orders.get(order.orderId);
      if (order.type === "order.placed") {
        const { occurredAt: at, channel, items } = order;
        orders.set(order.orderId, { at, channel, items, total: units(order.total ?? 0) });
      } else if (known !== undefined && known.total !== null) {
        const rest = order.refund === null ? 0 : known.total - units(order.refund);
        known.total = rest <= 0 ? null : rest;
      }
    }
  }
  for (const { name, occurredAt: at, properties, ...ids } of inTime(events.interactions))
    for (const subject of everyone(ids))
      subject.interactions.push({ name, at, properties: JSON.parse(properties ?? "{}") });
  for (const { attributes, ...ids } of inTime(events.lifecycle))
    for (const subject of everyone(ids))
      subject.attributes = merge(subject.attributes, JSON.parse(attributes ?? "{}"));
  return { customers, companies };
}

type Test = (subject: Subject, now: number) => boolean | string;

function membersOf(
  subjects: ReadonlyMap<string, Subject>,
  tests: Readonly<Record<string, Test>>,
  now: number,
): Members {
  const members = new Map<string, Set<string>>();
  for (const [definition, test] of Object.entries(tests)) {
    if (!definition.endsWith(":")) members.set(definition, new Set());
    for (const [id, subject] of subjects) {
      const answer = test(subject, now);
      if (answer === false) continue;
      const name = typeof answer === "string" ? `${definition}${answer}` : definition;
      members.set(name, (members.get(name) ?? new Set()).add(id));
    }
  }
  return members;
}

const placed = (subject: Subject): Order[] => [...subject.orders.values()];
const standing = (subject: Subject): Order[] => placed(subject).filter(({ total }) => total !== null);
const within = (at: number, now: number, days: number): boolean => at > now - days * dayMs && at <= now;
export const countIn = (subject: Subject, now: number, days: number): number =>
  standing(subject).filter(({ at }) => within(at, now, days)).length;
export const revenueIn = (subject: Subject, now: number, days: number): number =>
  standing(subject)
    .filter(({ at }) => within(at, now, days))
    .reduce((sum, { total }) => sum + (total ?? 0), 0);
export const lastAt = (subject: Subject): number => Math.max(...placed(subject).map(({ at }) => at));
const firstOrder = (subject: Subject): Order | undefined => placed(subject).sort((a, b) => a.at - b.at)[0];
const lastOf = (subject: Subject, name: string) =>
  subject.interactions
    .filter((interaction) => interaction.name === name)
    .sort((a, b) => a.at - b.at)
    .at(-1);

const bought60: Test = (subject, now) => countIn(subject, now, 60) >= 1;
const valueTier = (subject: Subject, now: number): string => {
  const revenue = revenueIn(subject, now, 365);
  return revenue >= units(5000) ? "vip" : revenue >= units(500) ? "regular" : "occasional";
};

export const rfmCodes: Readonly<Record<string, string>> = {
  champions: "555 554 544 545 454 455 445",
  "loyal-customers": "543 444 435 355 354 345 344 335",
  "potential-loyalists":
    "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
  "new-customers": "512 511 422 421 412 411 311",
  promising: "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
  "need-attention": "535 534 443 434 343 334 325 324",
  "about-to-sleep": "331 321 312 221 213 231 241 251",
  "at-risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
  "cannot-lose-them": "155 154 144 214 215 115 114 113",
  hibernating: "332 322 233 232 223 222 132 123 122 212 211",
  lost: "111 112 121 131 141 151",
};

function rfmSegment(subject: Subject, now: number): string {
  if (placed(subject).length === 0) return "no-orders";
  const reached = (value: number, thresholds: readonly number[]): number =>
    thresholds.filter((threshold) => threshold <= value).length;
  const recency =
    5 -
    reached(
      now - lastAt(subject),
      [30, 60, 120, 240].map((days) => days * dayMs),
    );
  const frequency = 1 + reached(countIn(subject, now, 730), [2, 3, 4, 6]);
  const monetary = 1 + reached(revenueIn(subject, now, 730), [300, 900, 1500, 2500].map(units));
  const code = `${recency}${frequency}${monetary}`;
  return Object.keys(rfmCodes).find((name) => rfmCodes[name]?.split(" ").includes(code)) ?? "no-orders";
}

const customerDefinitions: Readonly<Record<string, Test>> = {
  "bought-60": bought60,
  "lapsed-big-spender": (subject, now) =>
    revenueIn(subject, now, 365) >= units(1000) && !bought60(subject, now),
  "slowing-down": (subject, now) =>
    standing(subject).some(({ at }) => at > now - 180 * dayMs && at <= now - 90 * dayMs) &&
    countIn(subject, now, 90) === 0,
  "silent-180": (subject, now) => subject.orders.size > 0 && now - lastAt(subject) >= 180 * dayMs,
  "plan-ends-soon": (subject, now) => {
    const endsAt = planEnd(subject);
    return subscription(subject).status === "active" && now < endsAt && endsAt <= now + 14 * dayMs;
  },
  "plan-ran-out": (subject, now) => {
    const endsAt = planEnd(subject);
    return now - 30 * dayMs < endsAt && endsAt <= now;
  },
  birthday: (subject, now) => isReturn(birthDate(subject), today(subject, now), 0, 0),
  "birthday-week": (subject, now) => isReturn(birthDate(subject), today(subject, now), 0, 7),
  "first-purchase-anniversary": (subject, now) => {
    const first = firstOrder(subject);
    return first !== undefined && isReturn(localDay(first.at, "UTC"), localDay(now, "UTC"), -7, 0, [1, 2, 3]);
  },
  "thirty-to-forty-nine": (subject, now) => {
    const age = ageOn(birthDate(subject), localDay(now, "UTC"));
    return age >= 30 && age <= 49;
  },
  "corporate-buyers": (subject, now) =>
    String(subject.attributes.customerKind).toLowerCase() === "corporate" && bought60(subject, now) === true,
  "came-through-the-web": (subject) => firstOrder(subject)?.channel === "web",
  unhappy: (subject, now) => {
    const last = lastOf(subject, "feedback.given");
    return last !== undefined && Number(last.properties.score) <= 6 && now - last.at <= 90 * dayMs;
  },
  "browsing-without-buying": (subject, now) =>
    subject.interactions.some(
      ({ name, at, properties }) =>
        name === "page.viewed" && within(at, now, 7) && String(properties.path).startsWith("/sale"),
    ) && countIn(subject, now, 30) === 0,
  "steady-buyer": (subject, now) => {
    const quarters = new Set(placed(subject).map(({ at }) => quarterOf(at)));
    const runs = (last: number): boolean => [0, 1, 2].every((back) => quarters.has(last - back));
    return runs(quarterOf(now)) || (!quarters.has(quarterOf(now)) && runs(quarterOf(now) - 1));
  },
  "broad-basket": (subject, now) => {
    const categories = placed(subject)
      .filter(({ at }) => within(at, now, 365))
      .flatMap(({ items }) => items.map(({ category }) => category));
    const all = standing(subject);
    const sum = all.reduce((total, order) => total + (order.total ?? 0), 0);
    return new Set(categories).size >= 3 && all.length > 0 && sum > units(200) * all.length;
  },
  "vip-at-risk": (subject, now) => valueTier(subject, now) !== "occasional" && !bought60(subject, now),
  "value-tier:": valueTier,
  "rfm-segment:": rfmSegment,
  ...Object.fromEntries(
    Object.keys(rfmCodes).map((name): [string, Test] => [
      name,
      (subject, now) => rfmSegment(subject, now) === name,
    ]),
  ),
};

const companyDefinitions: Readonly<Record<string, Test>> = {
  "key-account": (subject, now) =>
    Number(subject.attributes.employees) >= 50 && revenueIn(subject, now, 365) >= units(2000),
};

/** Amounts in ten-thousandths. */
function units(amount: number): number {
  return Math.round(amount * 10_000);
}

function subjectIn(subjects: Map<string, Subject>, id: string): Subject {
  const subject = subjects.get(id) ?? { orders: new Map(), interactions: [], attributes: {} };
  subjects.set(id, subject);
  return subject;
}

function merge(before: Properties, patch: Properties): Properties {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
    merged[key] = isNested ? merge((merged[key] ?? {}) as Properties, value as Properties) : value;
  }
  return merged;
}

const subscription = ({ attributes }: Subject): Properties => (attributes.subscription ?? {}) as Properties;
const planEnd = (subject: Subject): number => Date.parse(String(subscription(subject).endsAt));
const birthDate = ({ attributes }: Subject): string | undefined => attributes.birthDate as string | undefined;
const today = ({ attributes }: Subject, now: number): string =>
  localDay(now, String(attributes.zone ?? "UTC"));

const formats = new Map<string, Intl.DateTimeFormat>();

/** `yyyy-mm-dd`, as Canada writes it. */
function localDay(at: number, zone: string): string {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  formats.set(zone, format);
  return format.format(at);
}

const quarterOf = (at: number): number =>
  new Date(at).getUTCFullYear() * 4 + Math.floor(new Date(at).getUTCMonth() / 3);

/** Whether a yearly return of the date lies from `from` to `to` days after the day. */
function isReturn(
  date: string | undefined,
  day: string,
  from: number,
  to: number,
  years?: readonly number[],
): boolean {
  if (date === undefined) return false;
  const year = Number(day.slice(0, 4));
  return [year - 1, year, year + 1].some((candidate) => {
    const age = candidate - Number(date.slice(0, 4));
    if (age < 1 || (years !== undefined && !years.includes(age))) return false;
    const distance = (returnIn(date, candidate) - Date.parse(day)) / dayMs;
    return distance >= from && distance <= to;
  });
}

/** 29 February returns on the 28th in common years. */
function returnIn(date: string, year: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthAndDay = date.slice(5) === "02-29" && !isLeap ? "02-28" : date.slice(5);
  return Date.parse(`${year}-${monthAndDay}`);
}

function ageOn(date: string | undefined, day: string): number {
  if (date === undefined) return Number.NaN;
  const year = Number(day.slice(0, 4));
  return year - Number(date.slice(0, 4)) - (returnIn(date, year) > Date.parse(day) ? 1 : 0);
}
