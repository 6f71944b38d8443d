-- What is asked of the same rows is asked in one pass: of customers their cuts and scores, of entries the group.

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
AS SELECT
    customer.1 AS subject,
    customer.2 AS last_order_at,
    customer.3 AS recency,
    customer.4 AS frequency,
    customer.5 AS monetary,
    toUInt8(5 - arrayCount(cut -> cut < recency, recency_cuts)) AS recency_score,
    if(
        {ties:String} = 'apart',
        -- Of n ranks the cuts of type 7 lie at 1 + (n - 1) * k / 5.
        toUInt8(1 + arrayCount(k -> 5 + (customers - 1) * k < 5 * rank, [1, 2, 3, 4])),
        toUInt8(1 + arrayCount(cut -> cut < frequency, frequency_cuts))
    ) AS frequency_score,
    toUInt8(1 + arrayCount(cut -> cut < toFloat64(monetary), monetary_cuts)) AS monetary_score
FROM
(
    SELECT
        if({ties:String} = 'apart', arraySort(one -> (one.4, one.1), groupArray((subject, last_order_at, recency, frequency, monetary))), groupArray((subject, last_order_at, recency, frequency, monetary))) AS ranked,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(recency)) AS recency_cuts,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(frequency)) AS frequency_cuts,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(toFloat64(monetary))) AS monetary_cuts,
        toInt64(count()) AS customers
    FROM
    (
        SELECT
            any(customer_orders.subject) AS subject,
            max(placed_at) AS last_order_at,
            toUInt32(intDiv(toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) - toUnixTimestamp64Milli(last_order_at), 1000 * {unit:UInt32})) AS recency,
            count() AS frequency,
            sum(net) AS monetary
        FROM customer_orders
        WHERE subject_kind = 'customer' AND NOT cancelled AND placed_at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY customer_key
    )
)
ARRAY JOIN ranked AS customer, arrayEnumerate(ranked) AS rank;

CREATE OR REPLACE VIEW segment_outcomes
(
    grouping String COMMENT 'reached or holdout',
    period String COMMENT 'before or after',
    customers UInt64 COMMENT 'How many entered, each counted at the first time in these days',
    converted UInt64 COMMENT 'How many ordered in the period',
    conversion_rate Float64 COMMENT 'converted / customers',
    conversion_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    conversion_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    orders UInt64 COMMENT 'Orders placed in the period that stand',
    revenue Decimal(38, 4) COMMENT 'What these are worth, refunds taken off',
    average_order_value Nullable(Float64) COMMENT 'revenue / orders; null without orders',
    revenue_per_customer Nullable(Float64) COMMENT 'revenue / customers',
    revenue_variance Nullable(Float64) COMMENT 'Of the revenue of each customer; null for fewer than two',
    feedback UInt64 COMMENT 'Scores given in the period',
    feedback_score Nullable(Float64) COMMENT 'Their average; null where there are none',
    cost Decimal(38, 4) COMMENT 'What campaign.* events of the period cost',
    cost_per_customer Nullable(Float64) COMMENT 'cost / customers',
    cost_per_conversion Nullable(Float64) COMMENT 'cost / converted'
)
COMMENT 'Customers who entered {category} of {definition} from the day {from} to the day {to}: what they did in the {days} days before and after. Those who were in {holdout_category} of {holdout} then, or entered {control_category} of {control}, are the holdout. Entries count once their days after are over at {as_of}.'
AS WITH
    entries AS
    (
        SELECT subject_key, argMin(is_held, (at, is_held)) AS held, min(at) AS entered_at
        FROM
        (
            SELECT
                steps.subject_key AS subject_key,
                steps.effective_at AS at,
                steps.is_control OR (holdouts.to_state = {holdout_category:String} AND {holdout:String} != '') AS is_held
            FROM
            (
                SELECT subject_key, effective_at, definition = {control:String} AND to_state = {control_category:String} AS is_control
                FROM segment_steps
                WHERE subject_kind = 'customer'
                    AND ((definition = {definition:String} AND to_state = {category:String}) OR (definition = {control:String} AND to_state = {control_category:String}))
                    AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                    AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
                    AND effective_at + INTERVAL {days:UInt32} DAY <= {as_of:DateTime64(3, 'UTC')}
            ) AS steps
            ASOF LEFT JOIN
            (
                SELECT subject_key, effective_at, toString(to_state) AS to_state
                FROM segment_steps
                WHERE subject_kind = 'customer' AND definition = {holdout:String}
            ) AS holdouts ON holdouts.subject_key = steps.subject_key AND holdouts.effective_at <= steps.effective_at
        )
        GROUP BY subject_key
    ),
    events AS
    (
        SELECT customer_key AS subject_key, placed_at AS at, 'order' AS what, net AS value
        FROM customer_orders
        WHERE subject_kind = 'customer' AND NOT cancelled AND customer_key IN
        (
            SELECT subject_key
            FROM segment_steps
            WHERE subject_kind = 'customer'
                AND ((definition = {definition:String} AND to_state = {category:String}) OR (definition = {control:String} AND to_state = {control_category:String}))
                AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        )
        UNION ALL
        SELECT if(owners.owner_key = 0, outcomes.subject_key, owners.owner_key) AS subject_key, occurred_at AS at, toString(outcome) AS what, toDecimal128(value, 4) AS value
        FROM outcome_events AS outcomes
        LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = outcomes.subject_key
        WHERE outcomes.subject_kind = 'customer'
            AND if(owners.owner_key = 0, outcomes.subject_key, owners.owner_key) IN
        (
            SELECT subject_key
            FROM segment_steps
            WHERE subject_kind = 'customer'
                AND ((definition = {definition:String} AND to_state = {category:String}) OR (definition = {control:String} AND to_state = {control_category:String}))
                AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        )
            AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
    )
SELECT
    if(held, 'holdout', 'reached') AS grouping,
    period,
    count() AS customers,
    countIf(own_orders > 0) AS converted,
    converted / customers AS conversion_rate,
    (conversion_rate + 1.9207294103471 / customers - 1.95996398454005 * sqrt((conversion_rate * (1 - conversion_rate) + 0.960364705173552 / customers) / customers)) / (1 + 3.84145882069421 / customers) AS conversion_low,
    (conversion_rate + 1.9207294103471 / customers + 1.95996398454005 * sqrt((conversion_rate * (1 - conversion_rate) + 0.960364705173552 / customers) / customers)) / (1 + 3.84145882069421 / customers) AS conversion_high,
    sum(own_orders) AS orders,
    sum(own_revenue) AS revenue,
    if(orders = 0, NULL, toFloat64(revenue) / orders) AS average_order_value,
    toFloat64(revenue) / customers AS revenue_per_customer,
    if(customers < 2, NULL, varSampStable(toFloat64(own_revenue))) AS revenue_variance,
    sum(own_scores) AS feedback,
    if(feedback = 0, NULL, toFloat64(sum(own_score)) / feedback) AS feedback_score,
    sum(own_cost) AS cost,
    toFloat64(cost) / customers AS cost_per_customer,
    if(converted = 0, NULL, toFloat64(cost) / converted) AS cost_per_conversion
FROM
(
    SELECT
        subject_key,
        held,
        side.1 AS period,
        side.2 AS own_orders,
        side.3 AS own_revenue,
        side.4 AS own_scores,
        side.5 AS own_score,
        side.6 AS own_cost
    FROM
    (
        SELECT
            entries.subject_key AS subject_key,
            any(entries.held) AS held,
            -- As in the language: of the two ends of a window the earlier is out.
            [
                (
                    'before',
                    countIf(what = 'order' AND at > entered_at - INTERVAL {days:UInt32} DAY AND at <= entered_at),
                    sumIf(value, what = 'order' AND at > entered_at - INTERVAL {days:UInt32} DAY AND at <= entered_at),
                    countIf(what = 'feedback' AND at > entered_at - INTERVAL {days:UInt32} DAY AND at <= entered_at),
                    sumIf(value, what = 'feedback' AND at > entered_at - INTERVAL {days:UInt32} DAY AND at <= entered_at),
                    sumIf(value, what = 'cost' AND at > entered_at - INTERVAL {days:UInt32} DAY AND at <= entered_at)
                ),
                (
                    'after',
                    countIf(what = 'order' AND at > entered_at AND at <= entered_at + INTERVAL {days:UInt32} DAY),
                    sumIf(value, what = 'order' AND at > entered_at AND at <= entered_at + INTERVAL {days:UInt32} DAY),
                    countIf(what = 'feedback' AND at > entered_at AND at <= entered_at + INTERVAL {days:UInt32} DAY),
                    sumIf(value, what = 'feedback' AND at > entered_at AND at <= entered_at + INTERVAL {days:UInt32} DAY),
                    sumIf(value, what = 'cost' AND at > entered_at AND at <= entered_at + INTERVAL {days:UInt32} DAY)
                )
            ] AS sides
        FROM entries
        LEFT JOIN events ON events.subject_key = entries.subject_key
        GROUP BY entries.subject_key
    )
    ARRAY JOIN sides AS side
)
GROUP BY held, period;
