-- Recency, frequency and monetary value. What each formula says and where it comes from: docs/reports.md.

CREATE OR REPLACE VIEW rfm_scores_of
(
    subject String COMMENT 'Id of the customer; empty unless {named}: ids take most of the time',
    last_order_at DateTime64(3, 'UTC') COMMENT 'When the last order that stands was placed',
    recency UInt32 COMMENT 'Whole {unit}s (in seconds) since then, at {as_of}',
    frequency UInt64 COMMENT 'How many orders that stand',
    monetary Decimal(38, 4) COMMENT 'What they are worth, refunds taken off',
    recency_score UInt8 COMMENT '1 to 5, 5 the latest',
    frequency_score UInt8 COMMENT '1 to 5, 5 the most',
    monetary_score UInt8 COMMENT '1 to 5, 5 the most'
)
COMMENT 'What rfm_scores and rfm_grid read. {ties}: together gives equal frequencies one score, apart ranks them by id.'
AS SELECT
    subject,
    last_order_at,
    recency,
    frequency,
    monetary,
    toUInt8(5 - (recency_1 < recency) - (recency_2 < recency) - (recency_3 < recency) - (recency_4 < recency)) AS recency_score,
    if(
        {ties:String} = 'apart',
        -- Of n ranks the cuts of type 7 lie at 1 + (n - 1) * k / 5.
        toUInt8(1 + arrayCount(k -> 5 + (customers - 1) * k < 5 * rank, [1, 2, 3, 4])),
        toUInt8(1 + (frequency_1 < frequency) + (frequency_2 < frequency) + (frequency_3 < frequency) + (frequency_4 < frequency))
    ) AS frequency_score,
    toUInt8(1 + (monetary_1 < toFloat64(monetary)) + (monetary_2 < toFloat64(monetary)) + (monetary_3 < toFloat64(monetary)) + (monetary_4 < toFloat64(monetary))) AS monetary_score
FROM
(
    SELECT
        groupArray(subject) AS subjects,
        groupArray(last_order_at) AS lasts,
        groupArray(recency) AS recencies,
        groupArray(frequency) AS frequencies,
        groupArray(monetary) AS monetaries,
        -- Where each stands in order of frequency and id.
        if({ties:String} = 'apart', arraySort((place, from) -> from, arrayEnumerate(frequencies), arraySort((place, own, id) -> (own, id), arrayEnumerate(frequencies), frequencies, subjects)), arrayEnumerate(frequencies)) AS ranks,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(recency)) AS recency_cuts,
        recency_cuts[1] AS recency_1, recency_cuts[2] AS recency_2, recency_cuts[3] AS recency_3, recency_cuts[4] AS recency_4,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(frequency)) AS frequency_cuts,
        frequency_cuts[1] AS frequency_1, frequency_cuts[2] AS frequency_2, frequency_cuts[3] AS frequency_3, frequency_cuts[4] AS frequency_4,
        arrayMap(cut -> round(cut, 4), quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(toFloat64(monetary))) AS monetary_cuts,
        monetary_cuts[1] AS monetary_1, monetary_cuts[2] AS monetary_2, monetary_cuts[3] AS monetary_3, monetary_cuts[4] AS monetary_4,
        toInt64(count()) AS customers
    FROM
    (
        SELECT
            any(if({named:Bool}, customer_orders.subject, '')) AS subject,
            max(placed_at) AS last_order_at,
            toUInt32(intDiv(toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) - toUnixTimestamp64Milli(last_order_at), 1000 * {unit:UInt32})) AS recency,
            count() AS frequency,
            sum(net) AS monetary
        FROM customer_orders
        WHERE subject_kind = 'customer' AND NOT cancelled AND placed_at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY customer_key
    )
)
ARRAY JOIN subjects AS subject, lasts AS last_order_at, recencies AS recency, frequencies AS frequency, monetaries AS monetary, ranks AS rank;

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
AS SELECT *
FROM rfm_scores_of(as_of = {as_of:DateTime64(3, 'UTC')}, unit = {unit:UInt32}, ties = {ties:String}, named = true);

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
FROM rfm_scores_of(as_of = {as_of:DateTime64(3, 'UTC')}, unit = {unit:UInt32}, ties = {ties:String}, named = toBool({ties:String} = 'apart'))
GROUP BY recency_score, frequency_score;
