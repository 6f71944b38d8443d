/** Two years of a shop, made by ClickHouse: the same numbers give the same rows. */

export const months = 24;

/** Ten segments and a classification, all in force. */
export const definitionsSql = `
INSERT INTO control_records (topic, kafka_partition, offset, appended_at, type, value)
SELECT 'customer-events', 0, number, '2024-01-01 00:00:00', 'DefinitionVersion',
  concat('{"kind":"', if(number = 10, 'classification', 'segment'), '","id":"', if(number = 10, 'value-tier', concat('segment-', toString(number))), '","version":1,"filling":false,"document":"{}"}')
FROM numbers(11)`;

/** Of 100 events 10 are orders, 1 corrects one, 4 are scores, 5 costs, 5 profiles; the others carts, mails and pages. */
export function eventsOfMonthSql(month: number, events: number, customers: number): string {
  const from = Date.UTC(2024, month, 1);
  const stepMs = (Date.UTC(2024, month + 1, 1) - from - 1_000) / events;
  return `
INSERT INTO customer_events (kafka_partition, offset, appended_at, subject_kind, subject, name, occurred_at, source_id, source_partition, source_offset, ordinal, ordinal_count, attributes, attribute_values, properties, order_id, order_action, order_refund)
SELECT
  customer % 32,
  ${month} * 100000000 + row_number() OVER (PARTITION BY customer % 32 ORDER BY number),
  occurred_at + INTERVAL 400 + h2 % 300 MILLISECOND,
  'customer',
  concat('c-', leftPad(toString(customer), 7, '0')),
  multiIf(kind < 10, 'order.placed', kind < 11, 'order.refunded', kind < 15, 'feedback.given', kind < 20, 'campaign.cost', kind < 25, 'profile.updated', kind < 35, 'cart.updated', kind < 45, 'email.opened', 'page.viewed') AS name,
  fromUnixTimestamp64Milli(toInt64(${from} + number * ${stepMs}) + h2 % 1000, 'UTC') AS occurred_at,
  multiIf(kind < 11, 'orders', name = 'profile.updated', 'lifecycle', 'interactions'),
  customer % 8,
  ${month} * 100000000 + intDiv(number, 8),
  0,
  1,
  if(name = 'profile.updated', concat('{"registeredAt":"', registered, '","source":"', source, '"}'), NULL),
  if(name = 'profile.updated', map('registeredAt', concat('"', registered, '"'), 'source', concat('"', source, '"')), map()),
  multiIf(
    name = 'order.placed', concat('{"total":', toString((h2 % 20000) / 100), ',"currency":"EUR","channel":"', ['web', 'store', 'app'][h2 % 3 + 1], '","items":[{"sku":"s-', toString(h2 % 5000), '","category":"', ['books', 'toys', 'garden', 'food'][h2 % 4 + 1], '","quantity":', toString(1 + h2 % 3), ',"price":', toString((h2 % 10000) / 100), '}]}'),
    name = 'feedback.given', concat('{"score":', toString(h2 % 11), '}'),
    name = 'campaign.cost', concat('{"campaign":"c-${month}","cost":', toString((h2 % 200) / 100), ',"currency":"EUR"}'),
    name = 'cart.updated', concat('{"total":', toString((h2 % 20000) / 100), ',"items":', toString(1 + h2 % 5), '}'),
    name = 'email.opened', '{"campaign":"c-${month}"}',
    name = 'page.viewed', concat('{"path":"/', ['sale', 'books', 'toys', 'garden', 'food'][h2 % 5 + 1], '"}'),
    '{}'
  ),
  if(kind < 11, concat('o-', toString(${month} * 100000000 + about)), NULL),
  multiIf(kind < 10, 'placed', kind = 10, 'refunded', NULL),
  if(kind = 10, 1, NULL)
FROM
(
  -- A refund is of an order that the same customer placed shortly before.
  SELECT number, cityHash64(number, ${month}, 'b') AS h2, number % 100 AS kind, if(kind = 10, toUInt64(number - 1 - h2 % 10), number) AS about, cityHash64(about, ${month}) % ${customers} AS customer,
    toString(toDate('2023-06-01') + customer % 900) AS registered,
    ['search-ads', 'social-ads', 'organic', 'referral', 'newsletter', 'direct'][customer % 6 + 1] AS source
  FROM numbers(${events})
)`;
}

/** Two fifths are moves of a classification; of ten segments a fifth of the customers enter each, half of them leave. */
export function changesOfMonthSql(month: number, changes: number, customers: number): string {
  const scale = changes / 5 / customers;
  const entering = Math.round(2 * customers * scale);
  return `
INSERT INTO segment_changes (kafka_partition, offset, appended_at, sequence, epoch, change_id, subject_kind, subject, definition_kind, definition, definition_version, from_state, to_state, effective_at, detected_at, changes_at, historic, cause, cause_event, cause_offset)
SELECT
  customer % 32,
  place,
  effective_at,
  place,
  1,
  concat(toString(customer % 32), '-', toString(place)),
  'customer',
  concat('c-', leftPad(toString(customer), 7, '0')),
  kind,
  definition,
  1,
  from_state,
  to_state,
  effective_at,
  effective_at + INTERVAL 1 SECOND,
  if(to_state = 'in', effective_at + INTERVAL 60 DAY, NULL),
  false,
  cause,
  if(cause = 'event', 'order.placed', NULL),
  place
FROM
(
  SELECT *, toUnixTimestamp64Milli(effective_at) * 16 + number % 16 AS place
  FROM
  (
    SELECT number, number % ${customers} AS customer, 'classification' AS kind, 'value-tier' AS definition,
      number >= ${Math.round(customers * scale)} AS step, cityHash64(customer, 'v') AS h, ['occasional', 'regular', 'vip'] AS tiers,
      if(step, tiers[h % 3 + 1], NULL) AS from_state,
      if(step, tiers[(h + 1 + intDiv(h, 3) % 2) % 3 + 1], tiers[h % 3 + 1]) AS to_state,
      toDateTime64('2024-01-01', 3, 'UTC') + INTERVAL (h % 31000000) + step * (intDiv(h, 100) % 31000000) SECOND AS effective_at,
      if(step AND h % 2 = 1, 'time', 'event') AS cause
    FROM numbers(${Math.round(2 * customers * scale)})
    UNION ALL
    SELECT number, (intDiv(number, 10) * 5 + d) % ${customers} AS customer, 'segment' AS kind, concat('segment-', toString(d)) AS definition,
      number >= ${entering} AS step, cityHash64(customer, d) AS h, [] AS tiers,
      if(step, 'in', 'out') AS from_state,
      if(step, 'out', 'in') AS to_state,
      toDateTime64('2024-01-01', 3, 'UTC') + INTERVAL (h % 31000000) + step * (intDiv(h, 100) % 31000000) SECOND AS effective_at,
      if(step AND h % 3 > 0, 'time', 'event') AS cause
    FROM (SELECT number, number % 10 AS d FROM numbers(${Math.round(entering * 1.5)}))
  )
  WHERE toYYYYMM(effective_at) = ${Math.floor(month / 12) * 100 + 202_400 + (month % 12) + 1}
)`;
}
