-- What customers did before and after they entered a segment. What each formula says and where it comes from: docs/reports.md.

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
    subjects AS
    (
        SELECT subject_key
        FROM segment_steps
        WHERE subject_kind = 'customer'
            AND ((definition = {definition:String} AND to_state = {category:String}) OR (definition = {control:String} AND to_state = {control_category:String}))
            AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
            AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        UNION ALL
        SELECT subject_key
        FROM merged_subjects
    ),
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
                FROM keyed_steps
                WHERE subject_kind = 'customer' AND definition = {holdout:String} AND subject_key IN (SELECT subject_key FROM subjects)
            ) AS holdouts ON holdouts.subject_key = steps.subject_key AND holdouts.effective_at <= steps.effective_at
        )
        GROUP BY subject_key
    ),
    events AS
    (
        SELECT if(owners.owner_key = 0, own.subject_key, owners.owner_key) AS subject_key, own.at AS at, own.what AS what, own.value AS value
        FROM
        (
            SELECT subject_key, placed_at AS at, 'order' AS what, net AS value
            FROM order_images
            WHERE subject_key IN (SELECT subject_key FROM subjects) AND NOT cancelled
            UNION ALL
            SELECT subject_key, occurred_at AS at, toString(outcome) AS what, value
            FROM outcome_events
            WHERE subject_key IN (SELECT subject_key FROM subjects)
                AND occurred_at > toDateTime64({from:Date}, 3, 'UTC') - INTERVAL {days:UInt32} DAY
                AND occurred_at < toDateTime64({to:Date} + 1, 3, 'UTC') + INTERVAL {days:UInt32} DAY
                AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
        ) AS own
        LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = own.subject_key
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

CREATE OR REPLACE VIEW segment_lift
(
    measure String COMMENT 'conversion-rate or revenue-per-customer',
    reached Float64 COMMENT 'In the group that was reached, in the days after entering',
    holdout Float64 COMMENT 'In the holdout, in the days after entering',
    difference Float64 COMMENT 'reached less holdout',
    difference_low Float64 COMMENT 'Lower end of its 95 % interval',
    difference_high Float64 COMMENT 'Upper end of its 95 % interval',
    lift Nullable(Float64) COMMENT 'reached / holdout - 1; null where the holdout has nothing',
    lift_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval; null where it cannot be told',
    lift_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval; null where it cannot be told'
)
COMMENT 'What being reached brought against the holdout, with 95 % intervals. Parameters as of segment_outcomes. No row without both groups.'
AS SELECT
    row.1 AS measure,
    row.2 AS reached,
    row.3 AS holdout,
    reached - holdout AS difference,
    difference - row.4 AS difference_low,
    difference + row.5 AS difference_high,
    if(holdout = 0, NULL, reached / holdout - 1) AS lift,
    if(row.6 IS NULL, NULL, reached / holdout * exp(-1.95996398454005 * row.6) - 1) AS lift_low,
    if(row.6 IS NULL, NULL, reached / holdout * exp(1.95996398454005 * row.6) - 1) AS lift_high
FROM
(
    SELECT arrayJoin([
        (
            'conversion-rate',
            r_rate,
            h_rate,
            sqrt(pow(r_rate - r_low, 2) + pow(h_high - h_rate, 2)),
            sqrt(pow(r_high - r_rate, 2) + pow(h_rate - h_low, 2)),
            if(r_converted = 0 OR h_converted = 0, NULL, sqrt(1 / r_converted - 1 / r_customers + 1 / h_converted - 1 / h_customers))
        ),
        (
            'revenue-per-customer',
            r_mean,
            h_mean,
            1.95996398454005 * sqrt(r_variance / r_customers + h_variance / h_customers),
            1.95996398454005 * sqrt(r_variance / r_customers + h_variance / h_customers),
            if(r_mean <= 0 OR h_mean <= 0, NULL, sqrt(r_variance / r_customers / pow(r_mean, 2) + h_variance / h_customers / pow(h_mean, 2)))
        )
    ]) AS row
    FROM
    (
        SELECT
            sumIf(customers, grouping = 'reached') AS r_customers,
            sumIf(converted, grouping = 'reached') AS r_converted,
            anyIf(conversion_rate, grouping = 'reached') AS r_rate,
            anyIf(conversion_low, grouping = 'reached') AS r_low,
            anyIf(conversion_high, grouping = 'reached') AS r_high,
            anyIf(ifNull(revenue_per_customer, 0), grouping = 'reached') AS r_mean,
            anyIf(ifNull(revenue_variance, 0), grouping = 'reached') AS r_variance,
            sumIf(customers, grouping = 'holdout') AS h_customers,
            sumIf(converted, grouping = 'holdout') AS h_converted,
            anyIf(conversion_rate, grouping = 'holdout') AS h_rate,
            anyIf(conversion_low, grouping = 'holdout') AS h_low,
            anyIf(conversion_high, grouping = 'holdout') AS h_high,
            anyIf(ifNull(revenue_per_customer, 0), grouping = 'holdout') AS h_mean,
            anyIf(ifNull(revenue_variance, 0), grouping = 'holdout') AS h_variance
        FROM segment_outcomes(
            definition = {definition:String}, category = {category:String}, days = {days:UInt32}, from = {from:Date}, to = {to:Date}, as_of = {as_of:DateTime64(3, 'UTC')},
            holdout = {holdout:String}, holdout_category = {holdout_category:String}, control = {control:String}, control_category = {control_category:String}
        )
        WHERE period = 'after'
        HAVING r_customers > 0 AND h_customers > 0
    )
);
