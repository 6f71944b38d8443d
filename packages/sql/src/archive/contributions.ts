/**
 * What counts, from the archive: admitted events by an instant, and what corrections did to their orders. An order gives
 * what it gave when it was placed; where that is not what it is now, it is taken back and given anew, at its own time.
 */

/** How far behind its order a correction may occur, in ms: 90 days, as in the stream. */
const orderHorizonMs = 90 * 86_400_000;

/** Events that count by `as_of`, of one kind of subject. */
export const admittedSql = `SELECT
    subject,
    name,
    toUnixTimestamp64Milli(occurred_at) AS at,
    kafka_partition AS partition,
    offset,
    properties,
    attribute_values,
    order_id,
    order_action,
    ifNull(order_version, toUnixTimestamp64Milli(occurred_at)) AS version,
    order_refund
FROM customer_events
WHERE subject_kind = {subject_kind:String}
    AND occurred_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)`;

/** Orders of more than one event: `placed` is what came first, `now` the properties that it counts with, empty for none. */
export const ordersSql = `SELECT subject, changes, placed,
    multiIf(
        cancelled, '',
        refunded = 0, image,
        refunded >= JSONExtractFloat(image, 'total'), '',
        jsonMergePatch(image, concat('{"total":', toString(round(JSONExtractFloat(image, 'total') - refunded, 4)), '}'))
    ) AS now
FROM
(
    SELECT subject, changes, placed,
        arrayExists(change -> change.action = 'cancelled' OR (change.action = 'refunded' AND change.refund IS NULL), corrections) AS cancelled,
        round(arraySum(change -> if(change.action = 'refunded', ifNull(change.refund, 0), 0), corrections), 4) AS refunded,
        arrayReverseSort(change -> (change.version, change.offset = placed.offset, -change.offset), arrayConcat([placed], arrayFilter(change -> change.action IN ('placed', 'updated'), corrections)))[1].properties AS image
    FROM
    (
        SELECT subject, changes, placed,
            arrayFilter(change -> change.offset != placed.offset AND change.at - placed.at <= ${orderHorizonMs}, changes) AS corrections
        FROM
        (
            SELECT subject, changes, arrayFirst(change -> change.action = 'placed', changes) AS placed
            FROM
            (
                SELECT subject,
                    arraySort(change -> (change.partition, change.offset), groupArray(CAST(
                        (partition, offset, at, assumeNotNull(toString(order_action)), version, order_refund, properties),
                        'Tuple(partition UInt32, offset Int64, at Int64, action String, version Int64, refund Nullable(Float64), properties String)'
                    ))) AS changes
                FROM admitted
                WHERE order_id IS NOT NULL
                GROUP BY subject, order_id
                HAVING count() > 1
            )
        )
    )
)
WHERE placed.action = 'placed'`;

/** What features are made of: \`sign\` -1 takes back; what is not \`own\` corrects, and is not remembered. */
export const contributionsSql = `SELECT subject, name, at, partition, offset, 1 AS sign, true AS own, properties, attribute_values
FROM admitted
WHERE (partition, offset) NOT IN (
    SELECT change.partition, change.offset
    FROM orders ARRAY JOIN changes AS change
    WHERE change.action = 'placed' AND change.offset != placed.offset
)
UNION ALL
SELECT subject, 'order.placed', placed.at, placed.partition, placed.offset, correction.1, false, correction.2, map()
FROM orders ARRAY JOIN [(-1, placed.properties), (1, now)] AS correction
WHERE now != placed.properties AND correction.2 != ''`;

/** The same where no definition looks at orders. */
export const plainContributionsSql = `SELECT subject, name, at, partition, offset, 1 AS sign, true AS own, properties, attribute_values
FROM admitted`;

/**
 * Attributes of each subject, leaf by leaf, as written last: (path, value, stamp). Those among the 1,000 leaves written
 * last; of those written at once the last by path.
 */
export const leavesSql = `SELECT
    subject,
    arraySlice(arrayReverseSort(leaf -> (leaf.stamp, leaf.path), groupArray(leaf)), 1, 1000) AS leaves
FROM
(
    SELECT subject, CAST((path, argMax(value, (at, partition, offset)), max((at, partition, offset))),
        'Tuple(path String, value String, stamp Tuple(Int64, UInt32, Int64))') AS leaf
    FROM admitted
    ARRAY JOIN mapKeys(attribute_values) AS path, mapValues(attribute_values) AS value
    GROUP BY subject, path
)
GROUP BY subject`;
