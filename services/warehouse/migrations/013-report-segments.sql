-- Reports about segments. What each formula says and where it comes from: docs/reports.md.

CREATE OR REPLACE VIEW stage_funnel
(
    stage UInt8 COMMENT 'Its place, from 1',
    name String COMMENT 'A segment, or classification/category',
    reached UInt64 COMMENT 'How many came this far',
    share Float64 COMMENT 'Of those who came to the first stage',
    share_of_previous Float64 COMMENT 'Of those who came to the stage before',
    lost UInt64 COMMENT 'How many came to the stage before and no further'
)
COMMENT 'Who entered the first of {stages} from the day {from} to the day {to}, and how far they came within {days} days, one stage after the other. Up to 8 stages.'
AS SELECT
    step AS stage,
    {stages:Array(String)}[step] AS name,
    reached,
    if(first = 0, 0, reached / first) AS share,
    if(previous = 0, 0, reached / previous) AS share_of_previous,
    previous - reached AS lost
FROM
(
    SELECT
        toUInt8(step) AS step,
        arraySum(arraySlice(counts, step)) AS reached,
        arraySum(counts) AS first,
        arraySum(arraySlice(counts, greatest(step - 1, 1))) AS previous
    FROM
    (
        SELECT arrayMap(level -> countEqual(levels, level), range(1, toUInt8(length({stages:Array(String)}) + 1))) AS counts
        FROM
        (
            SELECT groupArray(level) AS levels
            FROM
            (
                SELECT windowFunnel(86400000 * toUInt64({days:UInt32}))(
                    at,
                    name = {stages:Array(String)}[1] AND day BETWEEN {from:Date} AND {to:Date},
                    name = {stages:Array(String)}[2],
                    name = {stages:Array(String)}[3],
                    name = {stages:Array(String)}[4],
                    name = {stages:Array(String)}[5],
                    name = {stages:Array(String)}[6],
                    name = {stages:Array(String)}[7],
                    name = {stages:Array(String)}[8]
                ) AS level
                FROM
                (
                    SELECT
                        subject_key,
                        toUInt64(toUnixTimestamp64Milli(effective_at)) AS at,
                        toDate(effective_at) AS day,
                        if(definition_kind = 'segment', toString(definition), concat(definition, '/', to_state)) AS name
                    FROM segment_steps
                    WHERE to_state != 'out'
                        AND definition IN (SELECT splitByChar('/', arrayJoin({stages:Array(String)}))[1])
                        AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                        AND effective_at < toDateTime64({to:Date} + 1 + {days:UInt32}, 3, 'UTC')
                )
                WHERE has({stages:Array(String)}, name)
                GROUP BY subject_key
            )
        )
    )
    ARRAY JOIN arrayEnumerate(counts) AS step
);

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
        WHERE subject_kind = 'customer' AND NOT cancelled AND customer_key IN (SELECT subject_key FROM entries)
        UNION ALL
        SELECT if(owners.owner_key = 0, outcomes.subject_key, owners.owner_key) AS subject_key, occurred_at AS at, toString(outcome) AS what, toDecimal128(value, 4) AS value
        FROM outcome_events AS outcomes
        LEFT ANY JOIN subject_owners AS owners ON owners.subject_key = outcomes.subject_key
        WHERE outcomes.subject_kind = 'customer'
            AND if(owners.owner_key = 0, outcomes.subject_key, owners.owner_key) IN (SELECT subject_key FROM entries)
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
AS WITH groups AS
(
    SELECT
        anyIf((customers, converted, conversion_rate, conversion_low, conversion_high, ifNull(revenue_per_customer, 0), ifNull(revenue_variance, 0)), grouping = 'reached') AS r,
        anyIf((customers, converted, conversion_rate, conversion_low, conversion_high, ifNull(revenue_per_customer, 0), ifNull(revenue_variance, 0)), grouping = 'holdout') AS h
    FROM segment_outcomes(
        definition = {definition:String}, category = {category:String}, days = {days:UInt32}, from = {from:Date}, to = {to:Date}, as_of = {as_of:DateTime64(3, 'UTC')},
        holdout = {holdout:String}, holdout_category = {holdout_category:String}, control = {control:String}, control_category = {control_category:String}
    )
    WHERE period = 'after'
    HAVING r.1 > 0 AND h.1 > 0
)
SELECT
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
            r.3,
            h.3,
            sqrt(pow(r.3 - r.4, 2) + pow(h.5 - h.3, 2)),
            sqrt(pow(r.5 - r.3, 2) + pow(h.3 - h.4, 2)),
            if(r.2 = 0 OR h.2 = 0, NULL, sqrt(1 / r.2 - 1 / r.1 + 1 / h.2 - 1 / h.1))
        ),
        (
            'revenue-per-customer',
            r.6,
            h.6,
            1.95996398454005 * sqrt(r.7 / r.1 + h.7 / h.1),
            1.95996398454005 * sqrt(r.7 / r.1 + h.7 / h.1),
            if(r.6 <= 0 OR h.6 <= 0, NULL, sqrt(r.7 / r.1 / pow(r.6, 2) + h.7 / h.1 / pow(h.6, 2)))
        )
    ]) AS row
    FROM groups
);

CREATE OR REPLACE VIEW segment_overlap
(
    one String COMMENT 'A segment, or classification/category',
    other String COMMENT 'Another; each pair once, by name',
    one_members UInt64 COMMENT 'How many are in the one now',
    other_members UInt64 COMMENT 'How many are in the other now',
    both UInt64 COMMENT 'How many are in both',
    jaccard Float64 COMMENT 'both / (one_members + other_members - both)',
    overlap Float64 COMMENT 'both / the smaller of the two'
)
COMMENT 'How far segments and categories have the same members now. Pairs without a common member have no row.'
AS WITH sets AS
(
    -- Those who are in the very same segments are counted together first.
    SELECT names, count() AS subjects
    FROM
    (
        SELECT arraySort(groupArray(if(definition_kind = 'segment', toString(definition), concat(definition, '/', state)))) AS names
        FROM current_states FINAL
        WHERE state != 'out' AND (definition_kind, definition) NOT IN (SELECT kind, id FROM deleted_definitions)
        GROUP BY subject_key
    )
    GROUP BY names
)
SELECT
    pairs.one AS one,
    pairs.other AS other,
    ones.members AS one_members,
    others.members AS other_members,
    pairs.both AS both,
    both / (one_members + other_members - both) AS jaccard,
    both / least(one_members, other_members) AS overlap
FROM
(
    SELECT name AS one, arrayJoin(arraySlice(names, position + 1)) AS other, sum(subjects) AS both
    FROM sets
    ARRAY JOIN names AS name, arrayEnumerate(names) AS position
    GROUP BY one, other
) AS pairs
INNER JOIN
(
    SELECT if(definition_kind = 'segment', definition, concat(definition, '/', category)) AS name, members
    FROM segment_sizes
) AS ones ON ones.name = pairs.one
INNER JOIN
(
    SELECT if(definition_kind = 'segment', definition, concat(definition, '/', category)) AS name, members
    FROM segment_sizes
) AS others ON others.name = pairs.other;

CREATE OR REPLACE VIEW definition_review
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    members UInt64 COMMENT 'How many are in it, or in any of its categories, when the day {day} ends',
    members_before UInt64 COMMENT 'How many were {days} days before',
    entered UInt64 COMMENT 'How often somebody came in, or into another category, in these days',
    left UInt64 COMMENT 'How often somebody went out, or out of a category, in these days',
    last_change_on Nullable(Date) COMMENT 'Day of its last change; null where there was none',
    drift Nullable(Float64) COMMENT 'Population stability index of these days: 0 is none; null where it was empty at either end',
    same_as Array(String) COMMENT 'Segments and categories whose members are at least 95 % the same now (Jaccard)',
    is_empty Bool COMMENT 'Nobody is in it',
    is_stale Bool COMMENT 'Nothing changed in these days',
    is_drifting Bool COMMENT 'drift of 0.25 or more',
    is_duplicate Bool COMMENT 'same_as names one'
)
COMMENT 'For the periodic review: each segment and classification in force, as it is when the day {day} ends and as it was {days} days before.'
AS WITH
    flows AS
    (
        SELECT
            definition_kind,
            definition,
            category,
            sumIf(net, day <= {day:Date}) AS now,
            sumIf(net, day <= {day:Date} - {days:UInt32}) AS before,
            sumIf(entered, day > {day:Date} - {days:UInt32} AND day <= {day:Date}) AS entered,
            sumIf(left, day > {day:Date} - {days:UInt32} AND day <= {day:Date}) AS left,
            maxIf(day, day <= {day:Date}) AS last_day
        FROM segment_flow_by_day
        GROUP BY definition_kind, definition, category
    ),
    known AS
    (
        SELECT
            uniqExact(subject_key) AS subjects_now,
            uniqExactIf(subject_key, effective_at < toDateTime64({day:Date} - {days:UInt32} + 1, 3, 'UTC')) AS subjects_before
        FROM segment_steps
        WHERE effective_at < toDateTime64({day:Date} + 1, 3, 'UTC')
    ),
    sizes AS
    (
        -- Of a segment a second share are those who are known and not in it.
        SELECT
            definition_kind,
            definition,
            sum(now) AS members,
            sum(before) AS members_before,
            sum(entered) AS entered,
            sum(left) AS left,
            max(last_day) AS last_day,
            if(definition_kind = 'segment', any(subjects_now), members) AS base,
            if(definition_kind = 'segment', any(subjects_before), members_before) AS base_before,
            arrayConcat(groupArray((now, before)), if(definition_kind = 'segment', [(toInt64(base) - members, toInt64(base_before) - members_before)], [])) AS counts
        FROM flows
        CROSS JOIN known
        GROUP BY definition_kind, definition
    ),
    twins AS
    (
        SELECT splitByChar('/', name)[1] AS definition, arraySort(groupArray(twin)) AS names
        FROM (SELECT arrayJoin([(one, other), (other, one)]) AS pair, pair.1 AS name, pair.2 AS twin FROM segment_overlap WHERE jaccard >= 0.95)
        GROUP BY definition
    )
SELECT
    written.kind AS definition_kind,
    written.id AS definition,
    toUInt64(sizes.members) AS members,
    toUInt64(sizes.members_before) AS members_before,
    sizes.entered AS entered,
    sizes.left AS left,
    if(sizes.last_day = toDate('1970-01-01'), NULL, toNullable(sizes.last_day)) AS last_change_on,
    if(
        sizes.members = 0 OR sizes.members_before = 0,
        NULL,
        -- A share of 0 counts as one in ten thousand: its logarithm would be infinite.
        toNullable(arraySum(arrayMap(
            (now, before) -> assumeNotNull((now - before) * log(now / before)),
            arrayMap(count -> greatest(count.1 / sizes.base, 0.0001), sizes.counts),
            arrayMap(count -> greatest(count.2 / sizes.base_before, 0.0001), sizes.counts)
        )))
    ) AS drift,
    twins.names AS same_as,
    toBool(sizes.members = 0) AS is_empty,
    toBool(sizes.entered = 0 AND sizes.left = 0) AS is_stale,
    toBool(ifNull(drift >= 0.25, false)) AS is_drifting,
    toBool(notEmpty(same_as)) AS is_duplicate
FROM
(
    SELECT kind, id
    FROM definitions
    WHERE kind IN ('segment', 'classification')
) AS written
LEFT JOIN sizes ON sizes.definition_kind = written.kind AND sizes.definition = written.id
LEFT JOIN twins ON twins.definition = written.id;
