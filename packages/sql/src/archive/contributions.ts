/**
 * What counts, from the archive: admitted events by an instant, and what corrections did to their orders. An order gives
 * what it gave when it was placed; where that is not what it is now, it is taken back and given anew, at its own time.
 */
import { nowColumn, nowPlace } from "../asked.ts";
import type { Extent } from "./extent.ts";
import { orderKeySql } from "./orders.ts";
import { belowSql } from "./position.ts";
import { inSampleSql, ownEventsTable } from "./sample.ts";

const row = `subject, ${nowColumn}, ${nowPlace}`;

/**
 * Events that count by each instant asked about, of one kind of subject: of those who are there, and of those who became
 * part of them, with the `path` to whom an event came for.
 */
export function admittedSql({ isBounded, hasMerges, halvings, instants }: Extent): string {
  // Rows are multiplied only where there is more than one instant.
  const isOne = instants === 1;
  const counted = (who: string, source: string, condition: string): string => `SELECT
    ${who},
    ${isOne ? `{as_of:Array(Int64)}[1] AS ${nowColumn}` : nowColumn},
    ${isOne ? `toUInt32(1) AS ${nowPlace}` : nowPlace},
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
FROM ${source}${isOne ? "" : `\nARRAY JOIN {as_of:Array(Int64)} AS ${nowColumn}, arrayEnumerate({as_of:Array(Int64)}) AS ${nowPlace}`}
WHERE subject_kind = {subject_kind:String}${condition}
    AND at <= ${nowColumn}
    AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)`;
  const own = counted(
    "events.subject AS subject,\n    CAST([], 'Array(Tuple(offset Int64, subject String))') AS path",
    ownEventsTable(halvings),
    `${inSampleSql(halvings, "events.subject")}${hasMerges ? "\n    AND events.subject NOT IN (SELECT subject FROM gone)" : ""}${belowSql(isBounded)}`,
  );
  if (!hasMerges) return own;
  const takenOver = counted(
    "owned.owner AS subject,\n    owned.path AS path",
    "customer_events AS events\nINNER JOIN owned ON owned.subject = events.subject",
    "\n    AND events.subject IN (SELECT subject FROM owned)",
  );
  return `${own}\nUNION ALL\n${takenOver}`;
}

/**
 * What features are made of: `sign` -1 takes back; what is not `own` corrects, and is not remembered. Events of these
 * names (SQL, a list) have theirs; what has none says only that there is somebody. An order that several events are about
 * gives what comes of them.
 */
export function contributionsSql(
  names: string,
  { hasOrders, readsProperties }: { readonly hasOrders: boolean; readonly readsProperties: boolean },
  { hasMerges, instants }: Extent,
): string {
  const events = (name: string): string =>
    `SELECT ${row}, ${name}, at, partition, offset, toInt8(1) AS sign, true AS own, properties\nFROM admitted`;
  const isAlone = `(order_id IS NULL${hasMerges ? "" : ` OR ${orderKeySql} NOT IN (SELECT order_key FROM changed_orders)`})`;
  // Properties are most of the archive: they are read of these events alone, and who is there takes a second look. Where
  // nobody asks for any, one look says both.
  const all = readsProperties
    ? `${events("name")}\nWHERE name IN ${names}${hasOrders ? ` AND ${isAlone}` : ""}\nUNION ALL\n${known(instants)}`
    : events(hasOrders ? `if(${isAlone}, name, '') AS name` : "name");
  if (!hasOrders) return all;
  return `${all}
UNION ALL
SELECT ${row}, given.name, given.at, given.partition, given.offset, given.sign, given.own, given.properties
FROM orders
ARRAY JOIN CAST(
    ${hasMerges ? joinedOrderGives(names) : ownOrderGives(names)},
    'Array(Tuple(name String, at Int64, partition UInt32, offset Int64, sign Int8, own Bool, properties String))'
) AS given`;
}

/** Everybody, as a row of no event. */
function known(instants: number): string {
  const nothing = `'' AS name, toInt64(0) AS at, toUInt32(0) AS partition, toInt64(0) AS offset, toInt8(0) AS sign, false AS own, '' AS properties`;
  return instants === 1
    ? `SELECT subject, {as_of:Array(Int64)}[1] AS ${nowColumn}, toUInt32(1) AS ${nowPlace}, ${nothing}
FROM (SELECT subject FROM admitted GROUP BY subject)`
    : `SELECT ${row}, ${nothing}
FROM admitted
GROUP BY ${row}`;
}

/** What an order gave when it was placed, and its corrections, where a definition asks for their names. */
const given = (changes: string): string => `arrayMap(
            change -> (change.name, change.at, change.partition, change.offset, 1, true, change.properties),
            ${changes}
        )`;
const takenBack = (change: string): string =>
  `('order.placed', ${change}.at, ${change}.partition, ${change}.offset, -1, false, ${change}.properties)`;
const givenAnew = (placement: string): string =>
  `('order.placed', counts.at, ${placement}.partition, ${placement}.offset, 1, false, counts.properties)`;

/** Of `if`, `and` and `or` each would work out anew what the order counts for. */
const ownOrderGives = (names: string): string => `arrayConcat(
        ${given(`arrayFilter((change, number) -> change.name IN ${names} AND (change.action != 'placed' OR number = place), changes, arrayEnumerate(changes))`)},
        arrayFilter(
            (event, is_given) -> is_given,
            [${takenBack("placement")}, ${givenAnew("placement")}],
            [
                bitAnd(place != 0, counts.properties != placement.properties),
                bitAnd(place != 0, bitAnd(counts.properties != placement.properties, counts.properties != ''))
            ]
        )
    )`;

const joinedOrderGives = (names: string): string => `arrayConcat(
        ${given(`arrayFilter(change -> change.name IN ${names} AND (change.action != 'placed' OR has(placements, change)), changes)`)},
        if(empty(placements) OR (length(placements) = 1 AND counts.properties = placements[1].properties), [], arrayConcat(
            arrayMap(change -> ${takenBack("change")}, placements),
            if(counts.properties = '', [], [${givenAnew("placements[1]")}])
        ))
    )`;

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
