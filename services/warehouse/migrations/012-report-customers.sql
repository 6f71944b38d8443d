-- Reports about customers and what they bought. What each formula says and where it comes from: docs/reports.md.

CREATE OR REPLACE VIEW subject_owners
(
    subject_kind String COMMENT 'customer or company',
    subject_key UInt64 COMMENT 'Key of who was merged',
    owner String COMMENT 'Id of who took over, in the end',
    owner_key UInt64 COMMENT 'Key of who took over, in the end'
)
COMMENT 'Who was merged, and who has their history now.'
AS WITH RECURSIVE
    merges AS
    (
        SELECT
            JSONExtractString(value, 'subjectKind') AS kind,
            JSONExtractString(value, 'subject') AS merged,
            argMin(JSONExtractString(value, 'into'), offset) AS into
        FROM control_records
        WHERE topic = 'customer-events' AND type = 'Merge' AND JSONHas(value, 'subject')
            AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
        GROUP BY kind, merged
    ),
    chain AS
    (
        SELECT kind, merged, into, toUInt32(1) AS hops
        FROM merges
        UNION ALL
        SELECT chain.kind, chain.merged, merges.into, chain.hops + 1
        FROM chain
        INNER JOIN merges ON merges.kind = chain.kind AND merges.merged = chain.into
        WHERE chain.hops < 64
    )
SELECT
    kind AS subject_kind,
    sipHash64(kind, merged) AS subject_key,
    argMax(into, hops) AS owner,
    sipHash64(kind, owner) AS owner_key
FROM chain
GROUP BY kind, merged;

CREATE OR REPLACE VIEW customer_orders
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company; of who was merged, of who took over',
    customer_key UInt64 COMMENT 'sipHash64(subject_kind, subject)',
    order_key UInt64 COMMENT 'sipHash64(order_id)',
    placed_at DateTime64(3, 'UTC') COMMENT 'When the order was placed',
    total Decimal(38, 4) COMMENT 'Total of its newest image, before refunds',
    net Decimal(38, 4) COMMENT 'total less refunds; 0 where cancelled',
    cancelled Bool COMMENT 'Cancelled, or all of it refunded',
    channel String COMMENT 'Where it was ordered; empty where that is not said'
)
COMMENT 'Each order that was placed, as it stands now: orders, made for reports.'
AS WITH corrected AS
(
    SELECT bitXor(order_key, subject_kind = 'company') AS key
    FROM order_events
    GROUP BY key
    HAVING count() > 1
    UNION ALL
    SELECT bitXor(order_key, subject_kind = 'company') AS key
    FROM order_events
    WHERE (kafka_partition, offset) IN (SELECT event_partition, event_offset FROM rejected_events)
)
SELECT
    placed.subject_kind AS subject_kind,
    if(owners.owner_key = 0, placed.subject, owners.owner) AS subject,
    if(owners.owner_key = 0, placed.subject_key, owners.owner_key) AS customer_key,
    placed.order_key AS order_key,
    placed.placed_at AS placed_at,
    placed.total AS total,
    placed.net AS net,
    placed.cancelled AS cancelled,
    placed.channel AS channel
FROM
(
    -- Most orders are one event: only the others are put together.
    SELECT subject_kind, subject, subject_key, order_key, occurred_at AS placed_at, toDecimal128(total, 4) AS total, toDecimal128(total, 4) AS net, false AS cancelled, channel
    FROM order_events
    WHERE action = 'placed' AND bitXor(order_key, subject_kind = 'company') NOT IN (SELECT key FROM corrected)
    UNION ALL
    SELECT
        subject_kind,
        any(order_events.subject) AS subject,
        subject_key,
        order_key,
        minIf(occurred_at, action = 'placed') AS placed_at,
        toDecimal128(argMaxIf(order_events.total, (if(version = 0, toUnixTimestamp64Milli(occurred_at), version), -offset), action IN ('placed', 'updated')), 4) AS total,
        if(cancelled, toDecimal128(0, 4), total - sum(toDecimal128(refund, 4))) AS net,
        toBool(max(action = 'cancelled' OR whole) OR (sum(refund) > 0 AND sum(toDecimal128(refund, 4)) >= total)) AS cancelled,
        argMinIf(order_events.channel, (kafka_partition, offset), action = 'placed') AS channel
    FROM order_events
    WHERE bitXor(order_key, subject_kind = 'company') IN (SELECT key FROM corrected)
        AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
    GROUP BY subject_kind, subject_key, order_key
    HAVING countIf(action = 'placed') > 0
) AS placed
LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = placed.subject_key;

CREATE OR REPLACE VIEW customer_attribute
(
    subject_kind String COMMENT 'customer or company',
    customer_key UInt64 COMMENT 'sipHash64(subject_kind, subject); of who was merged, of who took over',
    value String COMMENT 'The value as text; empty where it is unset'
)
COMMENT 'The last value of the attribute {path}, of each that ever had one.'
AS SELECT
    subject_kind,
    customer_key,
    if(startsWith(last, '"'), JSONExtractString(last), if(last = 'null', '', last)) AS value
FROM
(
    SELECT
        subject_kind,
        if(owners.owner_key = 0, writes.subject_key, owners.owner_key) AS customer_key,
        argMax(if(writes.path = {path:String}, writes.value, 'null'), (writes.occurred_at, writes.kafka_partition, writes.offset)) AS last
    FROM
    (
        SELECT subject_kind, path, subject_key, kafka_partition, offset, occurred_at, value
        FROM attribute_writes
        WHERE (path = {path:String} OR startsWith({path:String}, concat(path, '.')))
            AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
    ) AS writes
    LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = writes.subject_key
    GROUP BY subject_kind, customer_key
);

CREATE OR REPLACE VIEW order_cohorts
(
    cohort Date COMMENT 'Month of the first order, or of the registration: its first day',
    source String COMMENT 'The value of the attribute {source}; without one, the channel of the first order; empty where {source} is',
    period UInt16 COMMENT 'Months since the month of the cohort, from 0',
    customers UInt64 COMMENT 'How many belong to the cohort',
    active UInt64 COMMENT 'How many of them ordered in that month',
    retention Float64 COMMENT 'active / customers',
    orders UInt64 COMMENT 'Their orders of that month that stand',
    revenue Decimal(38, 4) COMMENT 'What these are worth, refunds taken off',
    cumulative_revenue Decimal(38, 4) COMMENT 'revenue of that month and all before it, from the month of the cohort',
    revenue_per_customer Float64 COMMENT 'cumulative_revenue / customers'
)
COMMENT 'Retention and revenue by month, until the day {until}. {basis}: first-order, or an attribute with a date, such as registeredAt. {source}: an attribute such as source, or empty.'
AS SELECT
    cohort,
    source,
    period,
    customers,
    active,
    active / customers AS retention,
    orders,
    revenue,
    sum(revenue) OVER (PARTITION BY cohort, source ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cumulative_revenue,
    toFloat64(cumulative_revenue) / customers AS revenue_per_customer
FROM
(
    SELECT
        makeDate(intDiv(cohort_month - 1, 12), (cohort_month - 1) % 12 + 1, 1) AS cohort,
        source,
        arrayJoin(range(toUInt16(toRelativeMonthNum({until:Date}) - cohort_month + 1))) AS period,
        customers,
        counted[cohort_month + period].1 AS active,
        counted[cohort_month + period].2 AS orders,
        counted[cohort_month + period].3 AS revenue
    FROM
    (
        SELECT
            cohort_month,
            source,
            sumIf(rows, active_month = 0) AS customers,
            CAST(groupArrayIf((active_month, (actives, rows, revenues)), active_month > 0), 'Map(Int32, Tuple(UInt64, UInt64, Decimal(38, 4)))') AS counted
        FROM
        (
            -- A row for each customer, with the month 0, and one for each order, with its month.
            SELECT cohort_month, source, active_month, sum(is_first) AS actives, count() AS rows, sum(net) AS revenues
            FROM
            (
                SELECT
                    if({basis:String} = 'first-order', arrayMin(months), registered.registered_month) AS cohort_month,
                    multiIf({source:String} = '', '', sources.value != '', sources.value, buyers.channel) AS source,
                    arrayPushFront(months, toInt32(0)) AS all_months,
                    arrayPushFront(nets, toDecimal128(0, 4)) AS all_nets,
                    arrayMap(number -> number = 1, arrayEnumerateUniq(all_months)) AS firsts
                FROM
                (
                    SELECT
                        customer_key,
                        groupArray(toInt32(toRelativeMonthNum(placed_at))) AS months,
                        groupArray(net) AS nets,
                        argMin(channel, placed_at) AS channel
                    FROM customer_orders
                    WHERE subject_kind = 'customer' AND NOT cancelled AND placed_at < toDateTime64({until:Date} + 1, 3, 'UTC')
                    GROUP BY customer_key
                ) AS buyers
                FULL JOIN
                (
                    SELECT customer_key, toInt32(toRelativeMonthNum(assumeNotNull(registered_on))) AS registered_month
                    FROM
                    (
                        SELECT customer_key, toDate(parseDateTimeBestEffortOrNull(value, 'UTC')) AS registered_on
                        FROM customer_attribute(path = {basis:String})
                        WHERE subject_kind = 'customer' AND {basis:String} != 'first-order'
                    )
                    WHERE registered_on <= {until:Date}
                ) AS registered ON registered.customer_key = buyers.customer_key
                LEFT ANY JOIN
                (
                    SELECT customer_key, value
                    FROM customer_attribute(path = {source:String})
                    WHERE subject_kind = 'customer' AND {source:String} != ''
                ) AS sources ON sources.customer_key = greatest(buyers.customer_key, registered.customer_key)
                WHERE cohort_month > 0
            )
            ARRAY JOIN all_months AS active_month, all_nets AS net, firsts AS is_first
            GROUP BY cohort_month, source, active_month
        )
        GROUP BY cohort_month, source
    )
);

CREATE OR REPLACE VIEW rfm_scores
(
    subject String COMMENT 'Id of the customer',
    last_order_at DateTime64(3, 'UTC') COMMENT 'When the last order that stands was placed',
    recency UInt32 COMMENT 'Whole {unit}s (in seconds) since then, at {as_of}',
    frequency UInt64 COMMENT 'How many orders that stand',
    monetary Decimal(38, 4) COMMENT 'What they are worth, refunds taken off',
    recency_score UInt8 COMMENT '1 to 5, 5 the latest',
    frequency_score UInt8 COMMENT '1 to 5, 5 the most',
    monetary_score UInt8 COMMENT '1 to 5, 5 the most'
)
COMMENT 'Recency, frequency and monetary value in fifths, of orders placed up to {as_of}. {ties}: together gives equal frequencies one score, apart ranks them by id.'
AS WITH
    customers AS
    (
        SELECT
            customer_key,
            any(customer_orders.subject) AS subject,
            max(placed_at) AS last_order_at,
            toUInt32(intDiv(toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) - toUnixTimestamp64Milli(last_order_at), 1000 * {unit:UInt32})) AS recency,
            count() AS frequency,
            sum(net) AS monetary
        FROM customer_orders
        WHERE subject_kind = 'customer' AND NOT cancelled AND placed_at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY customer_key
    ),
    (
        SELECT (
            arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(recency)),
            arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(frequency)),
            arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(toFloat64(monetary))),
            count()
        )
        FROM customers
    ) AS cuts
SELECT
    subject,
    last_order_at,
    recency,
    frequency,
    monetary,
    toUInt8(5 - arrayCount(cut -> cut < recency, cuts.1)) AS recency_score,
    if(
        {ties:String} = 'apart',
        -- Of n ranks the cuts of type 7 lie at 1 + (n - 1) * k / 5.
        toUInt8(1 + arrayCount(k -> 5 + (cuts.4 - 1) * k < 5 * rank, [1, 2, 3, 4])),
        toUInt8(1 + arrayCount(cut -> cut < frequency, cuts.2))
    ) AS frequency_score,
    toUInt8(1 + arrayCount(cut -> cut < toFloat64(monetary), cuts.3)) AS monetary_score
FROM
(
    SELECT subject, last_order_at, recency, frequency, monetary, 0 AS rank
    FROM customers
    WHERE {ties:String} != 'apart'
    UNION ALL
    SELECT subject, last_order_at, recency, frequency, monetary, row_number() OVER (ORDER BY frequency, customers.subject) AS rank
    FROM customers
    WHERE {ties:String} = 'apart'
);

CREATE OR REPLACE VIEW rfm_grid
(
    recency_score UInt8 COMMENT '1 to 5, 5 the latest',
    frequency_score UInt8 COMMENT '1 to 5, 5 the most',
    segment String COMMENT 'The one of ten that the cell belongs to',
    customers UInt64 COMMENT 'How many are in the cell',
    share Float64 COMMENT 'Of all customers',
    revenue Decimal(38, 4) COMMENT 'What their orders are worth',
    average_recency Float64 COMMENT 'In {unit}s',
    average_frequency Float64 COMMENT 'Orders a customer',
    average_monetary Float64 COMMENT 'Revenue a customer',
    average_monetary_score Float64 COMMENT '1 to 5'
)
COMMENT 'The grid of recency and frequency at {as_of}, each in fifths, with ten named segments.'
AS SELECT
    recency_score,
    frequency_score,
    multiIf(
        recency_score >= 5 AND frequency_score >= 4, 'champions',
        recency_score >= 3 AND frequency_score >= 4, 'loyal-customers',
        recency_score >= 4 AND frequency_score >= 2, 'potential-loyalists',
        recency_score = 5, 'new-customers',
        recency_score = 4, 'promising',
        recency_score = 3 AND frequency_score = 3, 'need-attention',
        recency_score = 3, 'about-to-sleep',
        frequency_score = 5, 'cannot-lose-them',
        frequency_score >= 3, 'at-risk',
        'hibernating'
    ) AS segment,
    count() AS customers,
    customers / sum(customers) OVER () AS share,
    sum(monetary) AS revenue,
    avg(recency) AS average_recency,
    avg(frequency) AS average_frequency,
    toFloat64(revenue) / customers AS average_monetary,
    avg(monetary_score) AS average_monetary_score
FROM rfm_scores(as_of = {as_of:DateTime64(3, 'UTC')}, unit = {unit:UInt32}, ties = {ties:String})
GROUP BY recency_score, frequency_score;
