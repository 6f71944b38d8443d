-- Reports about customers and what they bought. What each formula says and where it comes from: docs/reports.md.

CREATE OR REPLACE VIEW merged_subjects
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of who was merged',
    subject_key UInt64 COMMENT 'Key of who was merged',
    into String COMMENT 'Id of who took over then'
)
COMMENT 'Who was merged, and into whom.'
AS SELECT
    JSONExtractString(value, 'subjectKind') AS subject_kind,
    JSONExtractString(value, 'subject') AS subject,
    sipHash64(subject_kind, subject) AS subject_key,
    argMin(JSONExtractString(value, 'into'), offset) AS into
FROM control_records
WHERE topic = 'customer-events' AND type = 'Merge' AND JSONHas(value, 'subject')
    AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
GROUP BY subject_kind, subject;

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
        SELECT subject_kind AS kind, subject AS merged, into
        FROM merged_subjects
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

CREATE OR REPLACE VIEW order_images
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company that ordered',
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)',
    order_key UInt64 COMMENT 'sipHash64(subject_kind, subject, order_id)',
    first_place UInt64 COMMENT 'Partition of the event that placed it, times 2^44, and its offset; the first, where several did',
    placed_at DateTime64(3, 'UTC') COMMENT 'When the order was placed',
    total Decimal(18, 4) COMMENT 'Total of its newest image, before refunds',
    net Decimal(18, 4) COMMENT 'total less refunds; 0 where cancelled',
    cancelled Bool COMMENT 'Cancelled, or all of it refunded',
    channel String COMMENT 'Where it was ordered; empty where that is not said'
)
COMMENT 'Each order that was placed, put together from its events; merges are not looked at. Ask for keys: all at once are many.'
AS SELECT
    any(own.subject_kind) AS subject_kind,
    any(own.subject) AS subject,
    subject_key,
    order_key,
    minIf(place, is_placed) AS first_place,
    minIf(occurred_at, is_placed) AS placed_at,
    argMaxIf(own.total, rank, has_total) AS total,
    if(cancelled, toDecimal64(0, 4), toDecimal64(total - sum(refund), 4)) AS net,
    toBool(max(withdraws) OR (sum(refund) > 0 AND sum(refund) >= total)) AS cancelled,
    argMinIf(own.channel, place, is_placed) AS channel
FROM
(
    -- Numbers of a fixed width are compared several times as fast as tuples.
    SELECT
        subject_kind,
        subject,
        subject_key,
        order_key,
        occurred_at,
        total,
        refund,
        channel,
        bitShiftLeft(toUInt64(kafka_partition), 44) + offset AS place,
        bitShiftLeft(toInt128(if(version = 0, toUnixTimestamp64Milli(occurred_at), version)), 64) - offset AS rank,
        action = 'placed' AS is_placed,
        action IN ('placed', 'updated') AS has_total,
        action = 'cancelled' OR whole AS withdraws
    FROM order_events
    WHERE (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
    -- Keys are asked for by hundreds of thousands: putting them in order for an index takes longer than it saves.
    SETTINGS use_index_for_in_with_subqueries = 0
) AS own
GROUP BY subject_key, order_key
HAVING max(is_placed);

CREATE OR REPLACE VIEW customer_orders
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company; of who was merged, of who took over',
    customer_key UInt64 COMMENT 'sipHash64(subject_kind, subject)',
    order_key UInt64 COMMENT 'sipHash64(subject_kind, subject, order_id), the subject being who ordered',
    placed_at DateTime64(3, 'UTC') COMMENT 'When the order was placed',
    total Decimal(18, 4) COMMENT 'Total of its newest image, before refunds',
    net Decimal(18, 4) COMMENT 'total less refunds; 0 where cancelled',
    cancelled Bool COMMENT 'Cancelled, or all of it refunded',
    channel String COMMENT 'Where it was ordered; empty where that is not said'
)
COMMENT 'Each order that was placed, as it stands now: orders, made for reports.'
AS SELECT
    placed.subject_kind AS subject_kind,
    if(image.order_key = 0, placed.subject, image.owner) AS subject,
    if(image.order_key = 0, placed.subject_key, image.owner_key) AS customer_key,
    placed.order_key AS order_key,
    if(image.order_key = 0, placed.occurred_at, image.placed_at) AS placed_at,
    if(image.order_key = 0, placed.total, image.total) AS total,
    if(image.order_key = 0, placed.total, image.net) AS net,
    image.cancelled AS cancelled,
    if(image.order_key = 0, toString(placed.channel), image.channel) AS channel
FROM
(
    SELECT subject_kind, subject, subject_key, order_key, kafka_partition, offset, occurred_at, total, channel
    FROM order_events
    WHERE action = 'placed' AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
) AS placed
LEFT ANY JOIN
(
    -- Most orders are one event of somebody who was not merged: only the others are put together.
    SELECT
        images.order_key AS order_key,
        images.first_place AS first_place,
        images.placed_at AS placed_at,
        images.total AS total,
        images.net AS net,
        images.cancelled AS cancelled,
        images.channel AS channel,
        if(owners.owner_key = 0, images.subject, owners.owner) AS owner,
        if(owners.owner_key = 0, images.subject_key, owners.owner_key) AS owner_key
    FROM
    (
        SELECT *
        FROM order_images
        WHERE order_key IN
        (
            SELECT order_key
            FROM order_events
            WHERE action != 'placed'
            UNION ALL
            -- Placed twice: looked for only where a part of the subjects has fewer orders than events that place one.
            SELECT order_key
            FROM order_events
            WHERE action = 'placed' AND toUInt16(bitShiftRight(subject_key, 48)) IN
            (
                SELECT toUInt16(bitShiftRight(subject_key, 48)) AS part
                FROM order_events
                WHERE action = 'placed'
                GROUP BY part
                HAVING length(arrayDistinct(groupArray(order_key))) < count()
            )
            GROUP BY order_key
            HAVING count() > 1
            UNION ALL
            SELECT order_key
            FROM order_events
            WHERE subject_key IN (SELECT subject_key FROM merged_subjects)
        )
    ) AS images
    LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = images.subject_key
) AS image ON image.order_key = placed.order_key
WHERE image.order_key = 0 OR image.first_place = bitShiftLeft(toUInt64(placed.kafka_partition), 44) + placed.offset;

CREATE OR REPLACE VIEW customer_attributes_of
(
    subject_kind String COMMENT 'customer or company',
    customer_key UInt64 COMMENT 'sipHash64(subject_kind, subject); of who was merged, of who took over',
    path String COMMENT 'The one of {paths} that it is about',
    value String COMMENT 'The value as text; empty where it is unset'
)
COMMENT 'The last values of the attributes {paths}, of each that ever had one.'
AS SELECT
    subject_kind,
    customer_key,
    path,
    if(startsWith(last, '"'), JSONExtractString(last), if(last = 'null', '', last)) AS value
FROM
(
    SELECT
        subject_kind,
        if(owners.owner_key = 0, writes.subject_key, owners.owner_key) AS customer_key,
        asked AS path,
        argMax(if(writes.path = asked, writes.value, 'null'), (writes.occurred_at, writes.kafka_partition, writes.offset)) AS last
    FROM
    (
        -- Writing a parent takes away what is below it.
        SELECT subject_kind, path, subject_key, kafka_partition, offset, occurred_at, value, arrayJoin(arrayFilter(asked -> path = asked OR startsWith(asked, concat(path, '.')), {paths:Array(String)})) AS asked
        FROM attribute_writes
        WHERE path IN
        (
            SELECT arrayJoin(arrayConcat([asked], arrayMap(place -> substring(asked, 1, place - 1), arrayFilter(place -> substring(asked, place, 1) = '.', range(1, length(asked) + 1)))))
            FROM (SELECT arrayJoin({paths:Array(String)}) AS asked)
        )
            AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
    ) AS writes
    LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = writes.subject_key
    GROUP BY subject_kind, customer_key, path
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
                    if({basis:String} = 'first-order', arrayMin(months), registered) AS cohort_month,
                    multiIf({source:String} = '', '', noted != '', noted, first_channel) AS source,
                    arrayPushFront(months, toUInt16(0)) AS all_months,
                    arrayPushFront(nets, toDecimal64(0, 4)) AS all_nets,
                    arrayMap(number -> number = 1, arrayEnumerateUniq(all_months)) AS firsts
                FROM
                (
                    SELECT
                        customer_key,
                        groupArrayIf(month, month > 0) AS months,
                        groupArrayIf(net, month > 0) AS nets,
                        argMinIf(channel, at, month > 0) AS first_channel,
                        max(registered_month) AS registered,
                        anyIf(noted_source, noted_source != '') AS noted
                    FROM
                    (
                        SELECT customer_key, placed_at AS at, toUInt16(toRelativeMonthNum(placed_at)) AS month, net, channel, toUInt16(0) AS registered_month, '' AS noted_source
                        FROM customer_orders
                        WHERE subject_kind = 'customer' AND NOT cancelled AND placed_at < toDateTime64({until:Date} + 1, 3, 'UTC')
                        UNION ALL
                        SELECT
                            customer_key,
                            toDateTime64(0, 3, 'UTC') AS at,
                            toUInt16(0) AS month,
                            toDecimal64(0, 4) AS net,
                            '' AS channel,
                            toUInt16(ifNull(toRelativeMonthNum(if(registered_on <= {until:Date}, registered_on, NULL)), 0)) AS registered_month,
                            noted_source
                        FROM
                        (
                            SELECT
                                customer_key,
                                toDate(parseDateTimeBestEffortOrNull(anyIf(value, path = {basis:String}), 'UTC')) AS registered_on,
                                anyIf(value, path = {source:String}) AS noted_source
                            FROM customer_attributes_of(paths = [{basis:String}, {source:String}])
                            WHERE subject_kind = 'customer'
                            GROUP BY customer_key
                        )
                    )
                    GROUP BY customer_key
                )
                WHERE cohort_month > 0
            )
            ARRAY JOIN all_months AS active_month, all_nets AS net, firsts AS is_first
            GROUP BY cohort_month, source, active_month
        )
        GROUP BY cohort_month, source
    )
);
