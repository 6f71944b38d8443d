/**
 * What counts, from the archive: admitted events by an instant, and what corrections did to their orders. An order gives
 * what it gave when it was placed; where that is not what it is now, it is taken back and given anew, at its own time.
 */
import { nowColumn, nowPlace } from "../asked.ts";

/** How far behind its order a correction may occur, in ms: 90 days, as in the stream. */
const orderHorizonMs = 90 * 86_400_000;

const row = `subject, ${nowColumn}, ${nowPlace}`;

/** Events that count by each instant asked about, of one kind of subject. */
export const admittedSql = `SELECT
    subject,
    ${nowColumn},
    ${nowPlace},
    name,
    toUnixTimestamp64Milli(occurred_at) AS at,
    kafka_partition AS partition,
    offset,
    properties,
    attribute_values,
    order_id,
    order_action,
    order_version,
    order_refund
FROM customer_events
ARRAY JOIN {as_of:Array(Int64)} AS ${nowColumn}, arrayEnumerate({as_of:Array(Int64)}) AS ${nowPlace}
WHERE subject_kind = {subject_kind:String}
    AND at <= ${nowColumn}
    AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)`;

/** What features are made of: \`sign\` -1 takes back; what is not \`own\` corrects, and is not remembered. */
export const contributionsSql = `SELECT ${row}, name, at, partition, offset, toInt8(1) AS sign, true AS own, properties
FROM admitted
WHERE order_id IS NULL
UNION ALL
SELECT ${row}, given.name, given.at, given.partition, given.offset, given.sign, given.own, given.properties
FROM orders
ARRAY JOIN CAST(
    arrayConcat(
        arrayMap(
            change -> (change.name, change.at, change.partition, change.offset, 1, true, change.properties),
            arrayFilter(change -> change.action != 'placed' OR change.offset = placed.offset, changes)
        ),
        arrayMap(
            (sign, given) -> ('order.placed', placed.at, placed.partition, placed.offset, sign, false, given),
            if(counts = placed.properties, [], if(counts = '', [-1], [-1, 1])),
            if(counts = placed.properties, [], if(counts = '', [placed.properties], [placed.properties, counts]))
        )
    ),
    'Array(Tuple(name String, at Int64, partition UInt32, offset Int64, sign Int8, own Bool, properties String))'
) AS given`;

/** Orders, each with its events and, in \`counts\`, the properties that it counts with now: empty where it does not. */
export const ordersSql = `SELECT ${row}, changes, placed,
    multiIf(
        placed.action != 'placed' OR arrayExists(change -> change.action = 'cancelled' OR (change.action = 'refunded' AND change.refund IS NULL), corrections), '',
        refunded = 0, image,
        refunded >= JSONExtractFloat(image, 'total'), '',
        jsonMergePatch(image, concat('{"total":', toString(round(JSONExtractFloat(image, 'total') - refunded, 4)), '}'))
    ) AS counts
FROM
(
    SELECT ${row}, changes, placed, corrections,
        round(arraySum(change -> if(change.action = 'refunded', ifNull(change.refund, 0), 0), corrections), 4) AS refunded,
        arrayReverseSort(
            change -> (change.version, change.offset = placed.offset, -change.offset),
            arrayConcat([placed], arrayFilter(change -> change.action IN ('placed', 'updated'), corrections))
        )[1].properties AS image
    FROM
    (
        SELECT ${row},
            arraySort(
                change -> (change.partition, change.offset),
                groupArray(CAST(
                    (name, partition, offset, at, assumeNotNull(toString(order_action)), ifNull(order_version, at), order_refund, properties),
                    'Tuple(name String, partition UInt32, offset Int64, at Int64, action String, version Int64, refund Nullable(Float64), properties String)'
                ))
            ) AS changes,
            arrayFirst(change -> change.action = 'placed', changes) AS placed,
            arrayFilter(change -> change.offset != placed.offset AND change.at - placed.at <= ${orderHorizonMs}, changes) AS corrections
        FROM admitted
        WHERE order_id IS NOT NULL
        GROUP BY ${row}, order_id
    )
)`;

/** The same where no definition looks at orders. */
export const plainContributionsSql = `SELECT ${row}, name, at, partition, offset, toInt8(1) AS sign, true AS own, properties
FROM admitted`;

/**
 * Attributes of each subject, leaf by leaf, as written last: (path, value, stamp). Those among the 1,000 leaves written
 * last; of those written at once the last by path.
 */
export const leavesSql = `SELECT
    subject, ${nowColumn},
    arraySlice(arrayReverseSort(leaf -> (leaf.stamp, leaf.path), groupArray(leaf)), 1, 1000) AS leaves
FROM
(
    SELECT subject, ${nowColumn}, CAST((path, argMax(value, (at, partition, offset)), max((at, partition, offset))),
        'Tuple(path String, value String, stamp Tuple(Int64, UInt32, Int64))') AS leaf
    FROM admitted
    ARRAY JOIN mapKeys(attribute_values) AS path, mapValues(attribute_values) AS value
    GROUP BY subject, ${nowColumn}, path
)
GROUP BY subject, ${nowColumn}`;
