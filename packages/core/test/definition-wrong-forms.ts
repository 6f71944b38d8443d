/**
 * Definitions in the newer forms that are wrong, as YAML, with what is said of each fault:
 * `path: found (nearest?); EXPECTED`. They stand beside the definitions of `known`.
 */

type Wrong = readonly (readonly [yaml: string, faults: readonly string[]])[];

/** What they may name. */
export const known = `
{ kind: metric, id: revenue, sum: total, of: order.placed }
---
{ kind: metric, id: orders, count: order.placed }
---
{ kind: metric, id: company-orders, subject: company, count: order.placed }
---
{ kind: engagement, id: loyalty, points: [{ of: order.placed, weight: 10 }], halfLife: 30 days }
---
{ kind: engagement, id: company-loyalty, subject: company, points: [{ of: order.placed, weight: 1 }], halfLife: 1 day }
---
{ kind: list, id: trade-fair }
---
{ kind: list, id: partners, subject: company }
---
{ kind: segment, id: buyers, when: { count: order.placed, atLeast: 1 } }
---
{ kind: scoring, id: rfm, recency: { since: last, of: order.placed, quantiles: 5 }, monetary: { metric: revenue, quantiles: 5 } }`;

const event = "the name of an event in lower case such as order.placed, at most 100 characters";
const path = "a dotted path such as subscription.endsAt, at most 200 characters and 16 steps";
const duration = "a duration: a whole number of seconds, minutes, hours, days or weeks, such as 60 days";
const ofMonths = `${duration}; months, quarters and years are calendar periods: \`this\` or \`previous\``;
const durationAbove = `${duration}, above zero and at most 36525 days`;
const decimal = "a number with at most four decimal places, up to 900 thousand million";
const comparators = "one of is, isNot, in, notIn, above, atLeast, below, atMost, between";
const oneComparator = "only one comparator (`all` joins several conditions)";
const oneForm = "one form in a condition; `all` and `any` join several";
const forms =
  "a condition: one of all, any, not, attribute, date, age, anniversary, count, sum, average, minimum, maximum, " +
  "distinct, metric, since, sequence, did, rhythm, ratio, engagement, score, top, bottom, segment, classification, " +
  "lapsing, list, split, near";
const windows =
  "one of last, this, previous, since, between, such as { last: 60 days }; no `during` is all time";
const share = "a share of the population, above 0 and below 100 percent, such as 5 percent";
const percent = "a number of percent from 0 to 100 with at most four decimal places";
const coordinates = "[latitude, longitude] in degrees, such as [52.52, 13.405]";
const distance = "a distance in whole metres, such as 30 km or 500 m, at most 20016000 m";
const weight = "a number from -1000000 to 1000000, not 0, with at most four decimal places";
const quantiles = "a whole number from 2 to 9";
const kebab = "a name in kebab-case such as big-spender, at most 100 characters";
const aggregateKeys = `one of minimum, of, during, ${comparators.slice("one of ".length)}`;
const sequenceKeys = "one of sequence, within, during";
const didKeys = "one of did, without, for, forget";
const scoreKeys = `one of score, recency, frequency, monetary, total, code`;
const commonKeys = "kind, id, name, description, tags, owner";
const segmentKeys = `one of ${commonKeys}, subject, zone, when, enter, leave, stay, mark`;
const engagementKeys = `one of ${commonKeys}, subject, points, halfLife`;

/** As the `when` of the segment `s`. */
export const wrongFormConditions: Wrong = [
  // minimum, maximum
  ["{ minimum: total, atLeast: 5 }", [`when.of: nothing; ${event}`]],
  ["{ minimum: total, of: Order Placed, atLeast: 5 }", [`when.of: "Order Placed" (order.placed?); ${event}`]],
  ["{ minimum: total..net, of: a, atLeast: 5 }", [`when.minimum: "total..net"; ${path}`]],
  ["{ maximum: [total], of: a, atLeast: 5 }", [`when.maximum: a list of 1; ${path}`]],
  ["{ maximum: total, of: a }", [`when: no comparator; ${comparators}`]],
  ["{ maximum: total, of: a, above: 1, below: 3 }", [`when: above and below; ${oneComparator}`]],
  ["{ maximum: total, of: a, below: ten }", [`when.below: "ten"; ${decimal}`]],
  [
    "{ minimum: total, of: a, is: 1, durring: { last: 1 day } }",
    [`when.durring: the key "durring" (during?); ${aggregateKeys}`],
  ],
  ["{ minimum: total, maximum: total, of: a, above: 1 }", [`when: minimum and maximum; ${oneForm}`]],
  ["{ minimun: total, of: a, above: 1 }", [`when: a mapping of minimun, of, above (minimum?); ${forms}`]],
  [
    "{ minimum: 5, of: { event: a, where: { attribute: b, is: 1 } }, during: { last: 2 quarters }, above: 0.12345 }",
    [
      `when.minimum: 5; ${path}`,
      "when.of.where: a mapping of attribute, is; one of property, all, any, not; events have a `property`",
      `when.during.last: "2 quarters"; ${ofMonths}`,
      `when.above: 0.12345; ${decimal}`,
    ],
  ],
  // ratio
  ["{ ratio: revenue, above: 1 }", ['when.ratio: "revenue"; a mapping of of, to']],
  ["{ ratio: { of: revenue }, above: 1 }", ["when.ratio.to: nothing; the id of a metric"]],
  ["{ ratio: { to: revenue }, above: 1 }", ["when.ratio.of: nothing; the id of a metric"]],
  ["{ ratio: { of: revenue, to: 7 }, above: 1 }", ["when.ratio.to: 7; the id of a metric"]],
  [
    "{ ratio: { of: revenu, to: ordres }, above: 1 }",
    [
      'when.ratio.of: "revenu" (revenue?); a metric that is defined',
      'when.ratio.to: "ordres" (orders?); a metric that is defined',
    ],
  ],
  [
    "{ ratio: { of: revenue, over: orders }, above: 1 }",
    [`when.ratio.over: the key "over"; one of of, to`, "when.ratio.to: nothing; the id of a metric"],
  ],
  ["{ ratio: { of: revenue, to: orders } }", [`when: no comparator; ${comparators}`]],
  ["{ ratio: { of: revenue, to: orders }, above: 1.00005 }", [`when.above: 1.00005; ${decimal}`]],
  [
    "{ ratio: { of: revenue, to: orders }, during: { last: 1 day }, above: 1 }",
    [`when.during: the key "during"; one of ratio, ${comparators.slice(7)}`],
  ],
  [
    "{ ratio: { of: loyalty, to: company-orders }, above: 1 }",
    [
      'when.ratio.of: "loyalty"; a metric that is defined',
      'when.ratio.to: "company-orders", whose subject is company; a metric whose subject is customer, as this definition\'s is',
    ],
  ],
  // sequence
  ["{ sequence: [a] }", ["when.sequence: a list of 1; a list of 2 to 10 events"]],
  [
    "{ sequence: [a, b, c, d, e, f, g, h, i, j, k] }",
    ["when.sequence: a list of 11; a list of 2 to 10 events"],
  ],
  ["{ sequence: order.placed }", ['when.sequence: "order.placed"; a list of 2 to 10 events']],
  [
    "{ sequence: [a, Page Viewed, 7, { event: b, were: c }] }",
    [
      `when.sequence.1: "Page Viewed" (page.viewed?); ${event}`,
      `when.sequence.2: 7; ${event}`,
      'when.sequence.3.were: the key "were" (where?); one of event, where',
    ],
  ],
  ["{ sequence: [a, b], within: 2 months }", [`when.within: "2 months"; ${ofMonths}`]],
  ["{ sequence: [a, b], within: 0 days }", [`when.within: "0 days"; ${durationAbove}`]],
  ["{ sequence: [a, b], within: 36526 days }", [`when.within: "36526 days"; ${durationAbove}`]],
  ["{ sequence: [a, b], within: 3 hors }", [`when.within: "3 hors" (3 hours?); ${duration}`]],
  ["{ sequence: [a, b], during: { last: 1 day, this: day } }", [`when.during: last and this; ${windows}`]],
  ["{ sequence: [a, b], whithin: 1 day }", [`when.whithin: the key "whithin" (within?); ${sequenceKeys}`]],
  ["{ sequence: [a, b], atLeast: 1 }", [`when.atLeast: the key "atLeast"; ${sequenceKeys}`]],
  // did without
  ["{ did: a, for: 1 hour }", [`when.without: nothing; ${event}`]],
  ["{ did: a, without: b }", [`when.for: nothing; ${duration}`]],
  ["{ without: b, for: 1 hour }", [`when: a mapping of without, for; ${forms}`]],
  ["{ did: a, without: b, for: 0 hours }", [`when.for: "0 hours"; ${durationAbove}`]],
  ["{ did: a, without: b, for: 2 hours, forget: 1 hour }", ['when.forget: "1 hour"; more than `for`']],
  [
    "{ did: a, without: b, for: 2 hours, forget: 120 minutes }",
    ['when.forget: "120 minutes"; more than `for`'],
  ],
  [
    "{ did: a, without: b, for: 2 hours, forgot: 7 days }",
    [`when.forgot: the key "forgot" (forget?); ${didKeys}`],
  ],
  ["{ did: a, without: b, for: 2 hours, within: 7 days }", [`when.within: the key "within"; ${didKeys}`]],
  [
    "{ did: Cart, without: { event: b, where: { property: c } }, for: 2, forget: 1 year }",
    [
      `when.did: "Cart" (cart?); ${event}`,
      `when.without.where: no comparator; ${comparators}, contains, startsWith, endsWith, matches, includes, includesAny, includesAll, exists`,
      `when.for: 2; ${duration}`,
      `when.forget: "1 year"; ${ofMonths}`,
    ],
  ],
  // engagement
  [
    "{ engagement: loyalti, atLeast: 5 }",
    ['when.engagement: "loyalti" (loyalty?); an engagement that is defined'],
  ],
  ["{ engagement: revenue, atLeast: 5 }", ['when.engagement: "revenue"; an engagement that is defined']],
  ["{ engagement: 5, above: 1 }", ["when.engagement: 5; the id of an engagement"]],
  ["{ engagement: loyalty }", [`when: no comparator; ${comparators}`]],
  ["{ engagement: loyalty, atLeast: '5' }", [`when.atLeast: "5"; ${decimal}`]],
  [
    "{ engagement: loyalty, of: order.placed, above: 1 }",
    [`when.of: the key "of"; one of engagement, ${comparators.slice(7)}`],
  ],
  [
    "{ engagement: company-loyalty, above: 1 }",
    [
      'when.engagement: "company-loyalty", whose subject is company; an engagement whose subject is customer, as this definition\'s is',
    ],
  ],
  // score
  [
    "{ score: rfm }",
    [
      `when: no part; at least one of recency, frequency, monetary, total, code, such as total: { atLeast: 12 }`,
    ],
  ],
  ["{ score: rfm, totl: { atLeast: 12 } }", [`when.totl: the key "totl" (total?); ${scoreKeys}`]],
  ["{ score: rfm, total: 12 }", [`when.total: 12; a mapping of ${comparators.slice(7)}`]],
  ["{ score: rfm, code: { is: '555' } }", ['when.code.is: "555"; a whole number from 0 to 1000']],
  ["{ score: rfm, total: { atLeast: 12.5 } }", ["when.total.atLeast: 12.5; a whole number from 0 to 1000"]],
  ["{ score: rfm, code: { above: 1001 } }", ["when.code.above: 1001; a whole number from 0 to 1000"]],
  [
    "{ score: rfm, frequency: { is: 1 } }",
    ['when.frequency: "frequency"; what scoring rfm has: one of recency, monetary'],
  ],
  ["{ score: rmf, total: { is: 1 } }", ['when.score: "rmf" (rfm?); a scoring that is defined']],
  // top, bottom
  ["{ top: 5, by: revenue }", [`when.top: 5; ${share}`]],
  ["{ top: 5%, by: revenue }", [`when.top: "5%"; ${share}`]],
  ["{ top: 0 percent, by: revenue }", [`when.top: "0 percent"; ${share}`]],
  ["{ bottom: 0.00 percent, by: revenue }", [`when.bottom: "0.00 percent"; ${share}`]],
  ["{ bottom: 100 percent, by: revenue }", [`when.bottom: "100 percent"; ${share}`]],
  ["{ top: 5.125 percent, by: revenue }", [`when.top: "5.125 percent"; ${share}`]],
  ["{ top: -5 percent, by: revenue }", [`when.top: "-5 percent"; ${share}`]],
  ["{ top: 5 percent }", ["when.by: nothing; the id of a metric"]],
  [
    "{ top: 5 percent, of: revenue }",
    ['when.of: the key "of"; one of top, by', "when.by: nothing; the id of a metric"],
  ],
  ["{ bottom: 5 percent, by: revneue }", ['when.by: "revneue" (revenue?); a metric that is defined']],
  ["{ bottom: 5 percent, by: loyalty }", ['when.by: "loyalty"; a metric that is defined']],
  [
    "{ top: 5 percent, by: company-orders }",
    [
      'when.by: "company-orders", whose subject is company; a metric whose subject is customer, as this definition\'s is',
    ],
  ],
  ["{ top: 5 percent, bottom: 5 percent, by: revenue }", [`when: top and bottom; ${oneForm}`]],
  ["{ top: 5 percent, by: revenue, above: 1 }", ['when.above: the key "above"; one of top, by']],
  ["{ topp: 5 percent, by: revenue }", [`when: a mapping of topp, by (top?); ${forms}`]],
  // lapsing
  ["{ lapsing: buyers }", [`when.within: nothing; ${duration}`]],
  ["{ lapsing: buyers, within: soon }", [`when.within: "soon"; ${duration}`]],
  ["{ lapsing: buyers, within: 0 hours }", [`when.within: "0 hours"; ${durationAbove}`]],
  ["{ lapsing: buyrs, within: 2 days }", ['when.lapsing: "buyrs" (buyers?); a segment that is defined']],
  [
    "{ lapsing: { count: a, above: 1 }, within: 2 days }",
    ["when.lapsing: a mapping of count, above; the id of a segment"],
  ],
  [
    "{ lapsing: buyers, withinNext: 2 days }",
    ['when.withinNext: the key "withinNext"; one of lapsing, within', `when.within: nothing; ${duration}`],
  ],
  [
    "{ lapsing: s, within: 2 days }",
    ["when.lapsing: segment/s -> segment/s; definitions that do not lead back to themselves"],
  ],
  // list
  ["{ list: trade-fare }", ['when.list: "trade-fare" (trade-fair?); a list that is defined']],
  ["{ list: [trade-fair] }", ["when.list: a list of 1; the id of a list"]],
  ["{ list: trade-fair, is: true }", ['when.is: the key "is"; list']],
  [
    "{ list: partners }",
    [
      'when.list: "partners", whose subject is company; a list whose subject is customer, as this definition\'s is',
    ],
  ],
  // split
  ["{ split: half }", ['when.split: "half"; a mapping of of, from, to']],
  ["{ split: { from: 0, to: 10 } }", ["when.split.of: nothing; a name of the split of 1 to 200 characters"]],
  [
    "{ split: { of: '', from: 0, to: 10 } }",
    ['when.split.of: ""; a name of the split of 1 to 200 characters'],
  ],
  ["{ split: { of: a, to: 10 } }", [`when.split.from: nothing; ${percent}`]],
  ["{ split: { of: a, from: 0 } }", [`when.split.to: nothing; ${percent}`]],
  ["{ split: { of: a, from: 10, to: 10 } }", ["when.split.to: 10; more than `from`, 10"]],
  ["{ split: { of: a, from: 20, to: 10 } }", ["when.split.to: 10; more than `from`, 20"]],
  [
    "{ split: { of: a, from: -1, to: 101 } }",
    [`when.split.from: -1; ${percent}`, `when.split.to: 101; ${percent}`],
  ],
  ["{ split: { of: a, from: 0, to: 0.00001 } }", [`when.split.to: 0.00001; ${percent}`]],
  ["{ split: { of: a, from: 0 percent, to: 10 } }", [`when.split.from: "0 percent"; ${percent}`]],
  [
    "{ split: { of: a, form: 0, to: 10 } }",
    ['when.split.form: the key "form" (from?); one of of, from, to', `when.split.from: nothing; ${percent}`],
  ],
  ["{ split: { of: a, from: 0, to: 10 }, is: true }", ['when.is: the key "is"; split']],
  // near
  ["{ near: [52.52, 13.405] }", ["when.near: a list of 2; a mapping of attribute, of, within"]],
  ["{ near: { of: [0, 0], within: 30 km } }", [`when.near.attribute: nothing; ${path}`]],
  [
    "{ near: { attribute: { first: a }, of: [0, 0], within: 30 km } }",
    [`when.near.attribute: a mapping of first; ${path}`],
  ],
  ["{ near: { attribute: a, within: 30 km } }", [`when.near.of: nothing; ${coordinates}`]],
  ["{ near: { attribute: a, of: [52.52], within: 30 km } }", [`when.near.of: a list of 1; ${coordinates}`]],
  [
    "{ near: { attribute: a, of: { lat: 1, lon: 2 }, within: 30 km } }",
    [`when.near.of: a mapping of lat, lon; ${coordinates}`],
  ],
  [
    "{ near: { attribute: a, of: [113.405, 52.52], within: 30 km } }",
    ["when.near.of.0: 113.405; degrees from -90 to 90"],
  ],
  [
    "{ near: { attribute: a, of: [52.52, -180.5], within: 30 km } }",
    ["when.near.of.1: -180.5; degrees from -180 to 180"],
  ],
  [
    "{ near: { attribute: a, of: ['52.52', east], within: 30 km } }",
    ['when.near.of.0: "52.52"; degrees from -90 to 90', 'when.near.of.1: "east"; degrees from -180 to 180'],
  ],
  ["{ near: { attribute: a, of: [0, 0] } }", [`when.near.within: nothing; ${distance}`]],
  ...["30", "30km", "30 miles", "0 km", "-1 km", "0.5 m", "1.0005 km", "20017 km", "1 KM"].map(
    (within) =>
      [
        `{ near: { attribute: a, of: [0, 0], within: ${within} } }`,
        [`when.near.within: ${within === "30" ? within : `"${within}"`}; ${distance}`],
      ] as const,
  ),
  [
    "{ near: { attribute: a, of: [0, 0], withn: 30 km } }",
    [
      'when.near.withn: the key "withn" (within?); one of attribute, of, within',
      `when.near.within: nothing; ${distance}`,
    ],
  ],
  // Several at once, however deep.
  [
    "{ all: [{ any: [{ top: 5, by: x }, { sequence: [a] }] }, { not: { did: a, without: b } }, { lapsing: buyers }, { ratio: 1, is: 1 }] }",
    [
      `when.all.0.any.0.top: 5; ${share}`,
      "when.all.0.any.1.sequence: a list of 1; a list of 2 to 10 events",
      `when.all.1.not.for: nothing; ${duration}`,
      `when.all.2.within: nothing; ${duration}`,
      "when.all.3.ratio: 1; a mapping of of, to",
      'when.all.0.any.0.by: "x"; a metric that is defined',
    ],
  ],
];

const segment = "kind: segment, id: s";
const engagement = "kind: engagement, id: e";
const card = "kind: scoring, id: c";
const always = "{ all: [] }";

export const wrongFormDefinitions: Wrong = [
  // minimum and maximum as metrics
  ["{ kind: metric, id: m, minimum: total }", [`metric/m of: nothing; ${event}`]],
  [
    "{ kind: metric, id: m, maximun: total, of: a }",
    [
      `metric/m maximun: the key "maximun" (maximum?); one of ${commonKeys}, subject, zone, count, sum, average, minimum, maximum, distinct, of, during`,
    ],
  ],
  [
    "{ kind: metric, id: m, minimum: total, maximum: total, of: a }",
    ["metric/m : minimum and maximum; one of count, sum, average, minimum, maximum, distinct"],
  ],
  [
    "{ kind: metric, id: m, maximum: total, of: a, above: 1 }",
    [`metric/m above: the key "above"; one of ${commonKeys}, subject, zone, maximum, of, during`],
  ],
  // engagement
  [
    `{ ${engagement} }`,
    [
      "engagement/e points: nothing; a list of 1 to 100 events with their weight",
      `engagement/e halfLife: nothing; ${duration}`,
    ],
  ],
  [
    `{ ${engagement}, points: [], halfLife: 1 day }`,
    ["engagement/e points: an empty list; a list of 1 to 100 events with their weight"],
  ],
  [
    `{ ${engagement}, points: { of: a, weight: 1 }, halfLife: 1 day }`,
    ["engagement/e points: a mapping of of, weight; a list of 1 to 100 events with their weight"],
  ],
  [
    `{ ${engagement}, points: [${Array.from({ length: 101 }, () => "{ of: a, weight: 1 }").join(", ")}], halfLife: 1 day }`,
    ["engagement/e points: a list of 101; a list of 1 to 100 events with their weight"],
  ],
  [
    `{ ${engagement}, points: [order.placed], halfLife: 1 day }`,
    ['engagement/e points.0: "order.placed"; a mapping of of, weight'],
  ],
  [
    `{ ${engagement}, points: [{ weight: 1 }, { of: a }], halfLife: 1 day }`,
    [`engagement/e points.0.of: nothing; ${event}`, `engagement/e points.1.weight: nothing; ${weight}`],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 0 }, { of: a, weight: 1.00001 }, { of: a, weight: '10' }, { of: a, weight: -1000001 }], halfLife: 1 day }`,
    [
      `engagement/e points.0.weight: 0; ${weight}`,
      `engagement/e points.1.weight: 1.00001; ${weight}`,
      `engagement/e points.2.weight: "10"; ${weight}`,
      `engagement/e points.3.weight: -1000001; ${weight}`,
    ],
  ],
  [
    `{ ${engagement}, points: [{ of: a, wieght: 1 }], halfLife: 1 day }`,
    [
      'engagement/e points.0.wieght: the key "wieght" (weight?); one of of, weight',
      `engagement/e points.0.weight: nothing; ${weight}`,
    ],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 1 }], halfLife: 1 month }`,
    [`engagement/e halfLife: "1 month"; ${ofMonths}`],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 1 }], halfLife: 0 days }`,
    [`engagement/e halfLife: "0 days"; ${durationAbove}`],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 1 }], half-life: 30 days }`,
    [
      `engagement/e half-life: the key "half-life" (halfLife?); ${engagementKeys}`,
      `engagement/e halfLife: nothing; ${duration}`,
    ],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 1 }], halfLife: 1 day, zone: UTC }`,
    [`engagement/e zone: the key "zone"; ${engagementKeys}`],
  ],
  [
    `{ ${engagement}, points: [{ of: a, weight: 1 }], halfLife: 1 day, subject: firm }`,
    ['engagement/e subject: "firm"; one of customer, company'],
  ],
  [
    "{ kind: engagment, id: e }",
    [
      'document 10 kind: "engagment" (engagement?); one of metric, segment, classification, scoring, engagement, list, automation',
    ],
  ],
  // list
  ["{ kind: list }", [`document 10 id: nothing; ${kebab}`]],
  ["{ kind: list, id: Trade Fair }", [`document 10 id: "Trade Fair" (trade-fair?); ${kebab}`]],
  [
    "{ kind: list, id: fair, members: [ann] }",
    [`list/fair members: the key "members"; one of ${commonKeys}, subject`],
  ],
  [
    "{ kind: list, id: fair, zone: UTC, when: { all: [] } }",
    [
      `list/fair zone: the key "zone"; one of ${commonKeys}, subject`,
      `list/fair when: the key "when"; one of ${commonKeys}, subject`,
    ],
  ],
  [
    "{ kind: list, id: trade-fair }",
    ['list/trade-fair id: "trade-fair", as in document 6; an id of its own'],
  ],
  // quantiles
  ...["1", "10", "2.5", "0", "-5", "five", "'5'", "[5]"].map(
    (given) =>
      [
        `{ ${card}, recency: { since: last, of: a, quantiles: ${given} } }`,
        [
          `scoring/c recency.quantiles: ${{ five: '"five"', "'5'": '"5"', "[5]": "a list of 1" }[given] ?? given}; ${quantiles}`,
        ],
      ] as const,
  ),
  [
    `{ ${card}, monetary: { metric: revenue, quantiles: 5, thresholds: [1] } }`,
    ["scoring/c monetary: thresholds and quantiles; one of thresholds, quantiles"],
  ],
  [`{ ${card}, monetary: { metric: revenue } }`, ["scoring/c monetary: none; one of thresholds, quantiles"]],
  [
    `{ ${card}, monetary: { metric: revenue, quantile: 5 } }`,
    ['scoring/c monetary.quantile: the key "quantile" (quantiles?); one of metric, thresholds, quantiles'],
  ],
  [
    `{ ${card}, monetary: { metric: revenue, of: a, quantiles: 5 } }`,
    ['scoring/c monetary.of: the key "of"; one of metric, thresholds, quantiles'],
  ],
  [
    `{ ${card}, frequency: { metric: ordrs, quantiles: 5 }, monetary: { metric: company-orders, quantiles: 5 } }`,
    [
      'scoring/c frequency.metric: "ordrs" (orders?); a metric that is defined',
      'scoring/c monetary.metric: "company-orders", whose subject is company; a metric whose subject is customer, as this definition\'s is',
    ],
  ],
  [
    `{ ${card}, monetary: { metric: revenue, thresholds: [100, 100] } }`,
    ["scoring/c monetary.thresholds.1: 100; more than the one before, 100"],
  ],
  [
    `{ ${card}, recency: { since: latest, of: a, quantiles: 5 } }`,
    ['scoring/c recency.since: "latest"; one of last, first'],
  ],
  [`{ ${card}, recency: { since: last, quantiles: 5 } }`, [`scoring/c recency.of: nothing; ${event}`]],
  [
    `{ ${card}, quantiles: 5 }`,
    [
      `scoring/c quantiles: the key "quantiles"; one of ${commonKeys}, subject, zone, recency, frequency, monetary`,
    ],
  ],
  // stay, enter, leave
  [`{ ${segment}, when: ${always}, stay: 0 days }`, [`segment/s stay: "0 days"; ${durationAbove}`]],
  [`{ ${segment}, when: ${always}, stay: 3 months }`, [`segment/s stay: "3 months"; ${ofMonths}`]],
  [`{ ${segment}, when: ${always}, stay: 30 }`, [`segment/s stay: 30; ${duration}`]],
  [
    `{ ${segment}, when: ${always}, stays: 30 days }`,
    [`segment/s stays: the key "stays" (stay?); ${segmentKeys}`],
  ],
  [`{ ${segment}, stay: 30 days }`, [`segment/s when: nothing; ${forms}`]],
  [`{ ${segment}, enter: ${always} }`, [`segment/s leave: nothing; ${forms}`]],
  [`{ ${segment}, leave: ${always} }`, [`segment/s enter: nothing; ${forms}`]],
  [
    `{ ${segment}, when: ${always}, enter: ${always}, leave: ${always} }`,
    ["segment/s when: when beside enter or leave; either `when`, or `enter` and `leave`"],
  ],
  [
    `{ ${segment}, when: ${always}, leave: ${always} }`,
    [
      "segment/s when: when beside enter or leave; either `when`, or `enter` and `leave`",
      `segment/s enter: nothing; ${forms}`,
    ],
  ],
  [
    `{ ${segment}, enters: ${always}, leave: ${always} }`,
    [`segment/s enters: the key "enters" (enter?); ${segmentKeys}`, `segment/s enter: nothing; ${forms}`],
  ],
  [
    `{ ${segment}, enter: { count: a }, leave: { sum: total, above: x }, stay: soon }`,
    [
      `segment/s stay: "soon"; ${duration}`,
      `segment/s enter: no comparator; ${comparators}`,
      `segment/s leave.of: nothing; ${event}`,
      `segment/s leave.above: "x"; ${decimal}`,
    ],
  ],
  [
    `{ ${segment}, enter: ${always}, leave: { not: { segment: s } } }`,
    ["segment/s leave.not.segment: segment/s -> segment/s; definitions that do not lead back to themselves"],
  ],
];

/** Right, if only just. */
export const justRight: readonly string[] = [
  "{ kind: metric, id: m, minimum: items.price, of: order.placed, during: { this: day } }",
  "{ kind: segment, id: s, when: { maximum: total, of: a, between: [1, 1] } }",
  "{ kind: segment, id: s, when: { ratio: { of: revenue, to: revenue }, isNot: 1 } }",
  "{ kind: segment, id: s, when: { sequence: [a, a] } }",
  "{ kind: segment, id: s, when: { sequence: [a, b, c, d, e, f, g, h, i, j], within: 36525 days, during: { last: 1 second } } }",
  "{ kind: segment, id: s, when: { did: a, without: a, for: 1 second, forget: 2 seconds } }",
  "{ kind: segment, id: s, when: { engagement: loyalty, in: [0, -1.0001] } }",
  `{ ${engagement}, points: [{ of: a, weight: 0.0001 }, { of: a, weight: -1000000 }, { of: a, weight: 1000000 }], halfLife: 36525 days }`,
  `{ ${engagement}, subject: company, points: [{ of: { event: a, where: { property: b, is: 1 } }, weight: 1 }], halfLife: 1 second }`,
  `{ ${card}, recency: { since: first, of: a, quantiles: 2 }, frequency: { metric: orders, quantiles: 9 }, monetary: { metric: revenue, thresholds: [-1, 0] } }`,
  "{ kind: segment, id: s, when: { score: rfm, total: { atLeast: 0 }, code: { in: [1000] } } }",
  "{ kind: segment, id: s, when: { top: 0.01 percent, by: revenue } }",
  "{ kind: segment, id: s, when: { bottom: 99.99 percent, by: orders } }",
  "{ kind: segment, id: s, subject: company, when: { top: 50 percent, by: company-orders } }",
  "{ kind: segment, id: s, when: { lapsing: buyers, within: 1 second } }",
  "{ kind: segment, id: s, when: { list: trade-fair } }",
  "{ kind: segment, id: s, when: { split: { of: x, from: 0, to: 100 } } }",
  "{ kind: segment, id: s, when: { split: { of: x, from: 99.9999, to: 100 } } }",
  "{ kind: segment, id: s, when: { near: { attribute: address.geo, of: [-90, 180], within: 1 m } } }",
  "{ kind: segment, id: s, when: { near: { attribute: place, of: [90, -180], within: 20016 km } } }",
  "{ kind: segment, id: s, when: { near: { attribute: place, of: [0, 0], within: 0.001 km } } }",
  `{ ${segment}, enter: ${always}, leave: ${always}, stay: 1 second }`,
  `{ ${segment}, when: ${always}, stay: 36525 days }`,
];
