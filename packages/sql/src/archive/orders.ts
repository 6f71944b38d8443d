/** Orders as they stand, corrections applied: the runtime's `order-image.ts` and `order-join.ts`. */
import { nowColumn, nowPlace } from "../asked.ts";
import type { Extent } from "./extent.ts";
import { ownEventsTable } from "./sample.ts";

/** How far behind its order a correction may occur, in ms: 90 days, as in the stream. */
const orderHorizonMs = 90 * 86_400_000;

const row = `subject, ${nowColumn}, ${nowPlace}`;

const changeFields =
  "name String, partition UInt32, offset Int64, at Int64, action String, version Int64, refund Nullable(Float64), properties String";
const ownChangeType = `Tuple(${changeFields})`;
const changeType = `Tuple(${changeFields}, path Array(Tuple(offset Int64, subject String)))`;
const imageType =
  "Tuple(placed Bool, at Int64, version Int64, properties String, refunded Float64, cancelled Bool)";

/** What an order states as its total: a number, as text is none there. */
const totalOf = (properties: string): string =>
  `if(JSONType(${properties}, 'total') IN ('Int64', 'UInt64', 'Double'), JSONExtractFloat(${properties}, 'total'), 0)`;

/** What an order counts for: empty where it does not. */
const effective = (properties: string, refunded: string, cancelled: string): string =>
  `multiIf(
            ${cancelled}, '',
            ${refunded} = 0, ${properties},
            ${refunded} >= ${totalOf(properties)}, '',
            jsonMergePatch(${properties}, concat('{"total":', toString(round(${totalOf(properties)} - ${refunded}, 4)), '}'))
        )`;

/**
 * Where two who had placed the same order became one, what it comes to hangs on when: its changes and the joins, one
 * after the other. A row of somebody absorbed comes before its absorb, and that among the rows of who absorbed. The
 * owner's name stands as none.
 */
const steps = `arraySort(step -> step.1, arrayConcat(
            arrayMap(change -> (arrayConcat(change.path.offset, [change.offset]), if(empty(change.path), '', change.path[-1].subject), '', change), changes),
            arrayDistinct(arrayFlatten(arrayMap(
                change -> arrayMap(
                    depth -> (
                        arrayConcat(arraySlice(change.path.offset, 1, depth), [9223372036854775807]),
                        if(depth = 1, '', change.path[depth - 1].subject),
                        change.path[depth].subject,
                        CAST(('', 0, 0, 0, '', 0, NULL, '', []), '${changeType}')
                    ),
                    arrayEnumerate(change.path)
                ),
                changes
            )))
        ))`;

/** A change to an image. What comes before the order itself waits in it. */
const corrected = `(
                        image.placed OR change.action = 'placed',
                        if(image.placed OR change.action != 'placed', image.at, change.at),
                        if(is_newer, change.version, image.version),
                        if(is_newer, change.properties, image.properties),
                        round(image.refunded + if(change.action = 'refunded', ifNull(change.refund, 0), 0), 4),
                        image.cancelled OR change.action = 'cancelled' OR (change.action = 'refunded' AND change.refund IS NULL)
                    )`.replaceAll(
  "is_newer",
  "((change.action = 'placed' AND (image.properties = '' OR change.version >= image.version)) OR (change.action = 'updated' AND (image.properties = '' OR change.version > image.version)))",
);

/** Of two images: where one of two orders was cancelled the other stands. */
const joined = `if(
                        ours.placed AND theirs.placed AND ours.cancelled != theirs.cancelled,
                        if(ours.cancelled, theirs, ours),
                        (
                            ours.placed OR theirs.placed,
                            if(theirs.placed AND (NOT ours.placed OR theirs.version > ours.version), theirs.at, ours.at),
                            if(is_newer, theirs.version, ours.version),
                            if(is_newer, theirs.properties, ours.properties),
                            round(ours.refunded + theirs.refunded, 4),
                            ours.cancelled OR theirs.cancelled
                        )
                    )`.replaceAll(
  "is_newer",
  "(theirs.properties != '' AND (ours.properties = '' OR theirs.version > ours.version OR (theirs.version = ours.version AND theirs.placed AND NOT ours.placed)))",
);

const folded = `arrayFold(
            (images, step) -> mapUpdate(images, map(step.2, CAST(
                if(
                    step.3 = '',
                    arrayMap((image, change) -> CAST(${corrected}, '${imageType}'), [images[step.2]], [step.4])[1],
                    arrayMap((ours, theirs) -> CAST(${joined}, '${imageType}'), [images[step.2]], [images[step.3]])[1]
                ),
                '${imageType}'
            ))),
            ${steps},
            CAST(map(), 'Map(String, ${imageType})')
        )['']`;

export const orderKeySql = "sipHash64(assumeNotNull(order_id))";

/**
 * Keys of orders that several events are about, whoever's and whenever: all others count for what they state. Two orders
 * with the same key are none the worse for being among them.
 */
export function changedOrdersSql({ halvings }: Extent): string {
  return `SELECT ${orderKeySql} AS order_key
FROM ${ownEventsTable(halvings).replace(" FINAL", "")}
WHERE subject_kind = {subject_kind:String} AND order_id IS NOT NULL
GROUP BY order_key
HAVING count() > 1`;
}

/**
 * Orders, each with its changes, `placements` (one, or one of each who came to be one), and what it `counts` for now and
 * since when: properties that are empty where it does not. Where nobody became part of another only `changed_orders`,
 * and in place of `placements` the `place` of the one among the changes, 0 for none, and the `placement` itself: that
 * takes half of the time.
 */
export function ordersSql({ hasMerges }: Extent): string {
  return hasMerges ? joinedOrders : ownOrders;
}

const isWithdrawn =
  "arrayExists(change -> change.action = 'cancelled' OR (change.action = 'refunded' AND change.refund IS NULL), corrections)";
const refunded =
  "round(arraySum(change -> if(change.action = 'refunded', ifNull(change.refund, 0), 0), corrections), 4)";
/** The newest image among some changes; of two of one version the order itself, then what came first. */
const imageOf = (changes: string): string => `arrayReverseSort(
            change -> (change.version, change.action = 'placed', -change.offset),
            arrayFilter(change -> change.action IN ('placed', 'updated'), ${changes})
        )[1].properties`;
const changesOf = (more: string, type: string): string => `arraySort(
                change -> (change.partition, change.offset),
                groupArray(CAST(
                    (name, partition, offset, at, assumeNotNull(toString(order_action)), ifNull(order_version, at), order_refund, properties${more}),
                    '${type}'
                ))
            )`;

const ownOrders = `SELECT ${row}, changes, place, placement, CAST(
    (${effective("image", "refunded", `place = 0 OR ${isWithdrawn}`)}, placement.at),
    'Tuple(properties String, at Int64)'
) AS counts
FROM
(
    SELECT ${row}, changes, place, placement, corrections,
        ${refunded} AS refunded,
        ${imageOf("arrayPushFront(corrections, placement)")} AS image
    FROM
    (
        SELECT ${row},
            ${changesOf("", ownChangeType)} AS changes,
            arrayFirstIndex(change -> change.action = 'placed', changes) AS place,
            changes[place] AS placement,
            arrayFilter((change, number) -> number != place AND change.at - placement.at <= ${orderHorizonMs}, changes, arrayEnumerate(changes)) AS corrections
        FROM admitted
        WHERE order_id IS NOT NULL AND ${orderKeySql} IN (SELECT order_key FROM changed_orders)
        GROUP BY ${row}, order_id
    )
)`;

const joinedOrders = `SELECT ${row}, changes, placements, CAST(
    if(
        length(placements) > 1,
        arrayMap(image -> (${effective("image.properties", "image.refunded", "image.cancelled")}, image.at), [${folded}])[1],
        (${effective("image", "refunded", `empty(placements) OR ${isWithdrawn}`)}, placements[1].at)
    ),
    'Tuple(properties String, at Int64)'
) AS counts
FROM
(
    SELECT ${row}, changes, placements, corrections,
        ${refunded} AS refunded,
        ${imageOf("arrayConcat(placements, corrections)")} AS image
    FROM
    (
        SELECT ${row},
            ${changesOf(", path", changeType)} AS changes,
            arrayFilter(change -> change.action = 'placed', changes) AS placed,
            arrayFilter(
                (change, place) -> indexOf(placed.path, change.path) = place,
                placed,
                arrayEnumerate(placed)
            ) AS placements,
            arrayFilter(change -> NOT has(placements, change) AND change.at - placements[1].at <= ${orderHorizonMs}, changes) AS corrections
        FROM admitted
        WHERE order_id IS NOT NULL
        GROUP BY ${row}, order_id
    )
)`;
