-- One type for a kind within the view: ClickHouse puts the joins of a query and of its views in an order of its own, and
-- with a LowCardinality under the view's String it gave up joining customer_profiles to any other table or view.

CREATE OR REPLACE VIEW customer_profiles
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    first_seen_at DateTime64(3, 'UTC') COMMENT 'First event, in event time',
    last_seen_at DateTime64(3, 'UTC') COMMENT 'Last event, in event time',
    events UInt64 COMMENT 'How many events',
    orders UInt64 COMMENT 'How many orders that stand',
    revenue Decimal(38, 4) COMMENT 'What the orders that stand are worth, refunds taken off',
    attributes Map(String, String) COMMENT 'Attributes by dotted path; each value is JSON text, null where unset'
)
COMMENT 'What is known of each customer and company.'
AS SELECT
    seen.kind AS subject_kind,
    seen.subject AS subject,
    seen.first_seen_at AS first_seen_at,
    seen.last_seen_at AS last_seen_at,
    seen.events AS events,
    bought.orders AS orders,
    bought.revenue AS revenue,
    known.attributes AS attributes
FROM
(
    SELECT CAST(subject_kind, 'String') AS kind, subject,
        min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at, count() AS events
    FROM admitted_events
    GROUP BY subject_kind, subject
) AS seen
LEFT JOIN
(
    SELECT CAST(subject_kind, 'String') AS kind, subject,
        countIf(NOT cancelled) AS orders, sum(net) AS revenue
    FROM orders
    GROUP BY subject_kind, subject
) AS bought ON bought.kind = seen.kind AND bought.subject = seen.subject
LEFT JOIN
(
    SELECT CAST(subject_kind, 'String') AS kind, subject,
        CAST(arraySort(groupArray((path, value))), 'Map(String, String)') AS attributes
    FROM customer_attributes
    GROUP BY subject_kind, subject
) AS known ON known.kind = seen.kind AND known.subject = seen.subject;
