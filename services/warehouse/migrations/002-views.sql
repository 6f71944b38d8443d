-- Everything here is computed when it is read, from rows that are exact: nothing waits for background merges.
-- Days are days in UTC.

CREATE OR REPLACE VIEW admitted_events
COMMENT 'The events that count: customer_events without those rejected.'
AS SELECT *
FROM customer_events
WHERE (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events);

CREATE OR REPLACE VIEW definition_versions
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition',
    version Int64 COMMENT 'Its version',
    filling Bool COMMENT 'Written when events existed: emits nothing until it is filled',
    document Nullable(String) COMMENT 'The definition as JSON; null deletes it',
    first_appended_at DateTime64(3, 'UTC') COMMENT 'When the first partition had it',
    partitions UInt64 COMMENT 'How many partitions have it'
)
COMMENT 'Every version of every definition that entered the log.'
AS SELECT
    JSONExtractString(value, 'kind') AS kind,
    JSONExtractString(value, 'id') AS id,
    JSONExtractInt(value, 'version') AS version,
    any(JSONExtractBool(value, 'filling')) AS filling,
    any(JSONExtract(value, 'document', 'Nullable(String)')) AS document,
    min(appended_at) AS first_appended_at,
    uniqExact(kafka_partition) AS partitions
FROM control_records
WHERE topic = 'customer-events' AND type = 'DefinitionVersion'
GROUP BY kind, id, version;

CREATE OR REPLACE VIEW definitions
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition',
    version Int64 COMMENT 'Its newest version',
    filling Bool COMMENT 'Written when events existed: emits nothing until it is filled',
    document String COMMENT 'The definition as JSON',
    first_appended_at DateTime64(3, 'UTC') COMMENT 'When the first partition had this version'
)
COMMENT 'The newest version of each definition that is not deleted.'
AS SELECT
    kind,
    id,
    newest.1 AS version,
    newest.2 AS filling,
    assumeNotNull(newest.3) AS document,
    newest.4 AS first_appended_at
FROM
(
    SELECT kind, id, max((version, filling, document, first_appended_at)) AS newest
    FROM definition_versions
    GROUP BY kind, id
)
WHERE newest.3 IS NOT NULL;

CREATE OR REPLACE VIEW deleted_definitions
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition'
)
COMMENT 'Definitions whose newest version deletes them. Nobody is a member of these.'
AS SELECT kind, id
FROM definition_versions
GROUP BY kind, id
HAVING argMax(document IS NULL, version);

CREATE OR REPLACE VIEW segment_states
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    definition_version Int64 COMMENT 'Version of the definition that brought it about',
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    state String COMMENT 'in or out; of a classification the category',
    since DateTime64(3, 'UTC') COMMENT 'Since when, in event time',
    changes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it would change with no further event',
    cause String COMMENT 'Why it became so',
    cause_event Nullable(String) COMMENT 'Event that brought it about',
    sequence Int64 COMMENT 'Sequence number of the change',
    kafka_partition UInt32 COMMENT 'Partition of the change'
)
COMMENT 'The last change of each subject in each segment and classification, of those that left too.'
AS SELECT
    definition_kind,
    definition,
    last.1 AS definition_version,
    subject_kind,
    subject,
    last.2 AS state,
    last.3 AS since,
    last.4 AS changes_at,
    last.5 AS cause,
    last.6 AS cause_event,
    last.7 AS sequence,
    last.8 AS kafka_partition
FROM
(
    SELECT
        definition_kind,
        definition,
        subject_kind,
        subject,
        argMax(tuple(definition_version, to_state, effective_at, changes_at, cause, cause_event, sequence, kafka_partition), sequence) AS last
    FROM segment_changes
    GROUP BY definition_kind, definition, subject_kind, subject
);

CREATE OR REPLACE VIEW segment_members
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    definition_version Int64 COMMENT 'Version of the definition that brought it about',
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    since DateTime64(3, 'UTC') COMMENT 'Member since, in event time',
    changes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the membership would change with no further event',
    cause String COMMENT 'Why the membership began',
    cause_event Nullable(String) COMMENT 'Event that began it'
)
COMMENT 'Who is in which segment, and in which category of each classification, now.'
AS SELECT definition_kind, definition, state AS category, definition_version, subject_kind, subject, since, changes_at, cause, cause_event
FROM segment_states
WHERE NOT (definition_kind = 'segment' AND state = 'out')
    AND (definition_kind, definition) NOT IN (SELECT kind, id FROM deleted_definitions);

CREATE OR REPLACE VIEW segment_sizes
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    members UInt64 COMMENT 'How many are in it now'
)
COMMENT 'The size of each segment and category now. One that nobody is in has no row.'
AS SELECT definition_kind, definition, category, count() AS members
FROM
(
    SELECT definition_kind, definition, toString(argMax(to_state, sequence)) AS category
    FROM segment_changes
    WHERE (definition_kind, definition) NOT IN (SELECT kind, id FROM deleted_definitions)
    GROUP BY definition_kind, definition, subject_kind, subject
)
WHERE NOT (definition_kind = 'segment' AND category = 'out')
GROUP BY definition_kind, definition, category;

CREATE OR REPLACE VIEW segment_flow_by_day
(
    day Date COMMENT 'Day in UTC, of the instant at which the change took effect',
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    entered UInt64 COMMENT 'How often somebody came in',
    left UInt64 COMMENT 'How often somebody went out',
    net Int64 COMMENT 'entered less left'
)
COMMENT 'How often each segment and category was entered and left, by day.'
AS SELECT
    toDate(effective_at) AS day,
    definition_kind,
    definition,
    step.1 AS category,
    countIf(step.2 = 1) AS entered,
    countIf(step.2 = -1) AS left,
    sum(step.2) AS net
FROM segment_changes
ARRAY JOIN [(toString(to_state), toInt8(1)), (ifNull(toString(from_state), ''), toInt8(-1))] AS step
WHERE category != '' AND NOT (definition_kind = 'segment' AND category = 'out')
GROUP BY day, definition_kind, definition, category;

CREATE OR REPLACE VIEW segment_sizes_by_day
(
    day Date COMMENT 'Day in UTC',
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    members Int64 COMMENT 'How many were in it when the day ended; today: so far'
)
COMMENT 'The size of each segment and category at the end of each day, from its first change to today.'
AS SELECT
    day,
    definition_kind,
    definition,
    category,
    sum(day_net) OVER (PARTITION BY definition_kind, definition, category ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS members
FROM
(
    SELECT days.1 AS day, definition_kind, definition, category, sum(days.2) AS day_net
    FROM
    (
        SELECT
            definition_kind,
            definition,
            category,
            arrayJoin(arrayConcat(
                groupArray((day, net)),
                arrayMap(number -> (min(day) + number, toInt64(0)), range(toUInt32(greatest(max(day), toDate(now('UTC'))) - min(day) + 1)))
            )) AS days
        FROM segment_flow_by_day
        GROUP BY definition_kind, definition, category
    )
    GROUP BY day, definition_kind, definition, category
);

CREATE OR REPLACE VIEW category_migration
(
    day Date COMMENT 'Day in UTC, of the instant at which the move took effect',
    definition String COMMENT 'Id of the classification',
    from_category String COMMENT 'Category that was left',
    to_category String COMMENT 'Category that was entered',
    moves UInt64 COMMENT 'How many moves',
    subjects UInt64 COMMENT 'How many different subjects moved'
)
COMMENT 'Moves between the categories of a classification, by day.'
AS SELECT
    toDate(effective_at) AS day,
    definition,
    toString(assumeNotNull(from_state)) AS from_category,
    toString(to_state) AS to_category,
    count() AS moves,
    uniqExact(subject_kind, subject) AS subjects
FROM segment_changes
WHERE definition_kind = 'classification' AND from_state IS NOT NULL
GROUP BY day, definition, from_category, to_category;

CREATE OR REPLACE VIEW memberships
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    entered_at DateTime64(3, 'UTC') COMMENT 'When it began, in event time',
    left_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; null where it goes on',
    seconds Nullable(Float64) COMMENT 'How long it lasted; null where it goes on'
)
COMMENT 'Every stay of a subject in a segment or category, from when to when.'
AS SELECT
    definition_kind,
    definition,
    state AS category,
    subject_kind,
    subject,
    entered_at,
    left_at,
    (toUnixTimestamp64Milli(left_at) - toUnixTimestamp64Milli(entered_at)) / 1000 AS seconds
FROM
(
    SELECT
        definition_kind,
        definition,
        toString(to_state) AS state,
        subject_kind,
        subject,
        effective_at AS entered_at,
        leadInFrame(toNullable(effective_at)) OVER (PARTITION BY definition_kind, definition, subject_kind, subject ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS left_at
    FROM segment_changes
)
WHERE NOT (definition_kind = 'segment' AND state = 'out');

CREATE OR REPLACE VIEW time_in_segment
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    completed UInt64 COMMENT 'How many stays have ended',
    median_seconds Float64 COMMENT 'Median length of the stays that ended',
    average_seconds Float64 COMMENT 'Average length of the stays that ended'
)
COMMENT 'How long subjects stay in each segment and category, over the stays that have ended.'
AS SELECT
    definition_kind,
    definition,
    category,
    count() AS completed,
    quantileExactInclusive(0.5)(assumeNotNull(seconds)) AS median_seconds,
    avg(assumeNotNull(seconds)) AS average_seconds
FROM memberships
WHERE left_at IS NOT NULL
GROUP BY definition_kind, definition, category;

CREATE OR REPLACE VIEW orders
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    order_id String COMMENT 'Id of the order',
    placed_at DateTime64(3, 'UTC') COMMENT 'When the order was placed',
    total Decimal(38, 4) COMMENT 'Total of its newest image, before refunds',
    refunded Decimal(38, 4) COMMENT 'Sum of its refunds',
    cancelled Bool COMMENT 'Cancelled, or all of it refunded',
    net Decimal(38, 4) COMMENT 'total less refunded; 0 where cancelled'
)
COMMENT 'Each order that was placed, as it stands now, corrections applied.'
AS SELECT
    subject_kind,
    subject,
    order_id,
    placed_at,
    total,
    refunded,
    withdrawn OR (refunded > 0 AND refunded >= total) AS cancelled,
    if(cancelled, toDecimal128(0, 4), total - refunded) AS net
FROM
(
    SELECT
        subject_kind,
        subject,
        assumeNotNull(event.order_id) AS order_id,
        minIf(occurred_at, order_action = 'placed') AS placed_at,
        toDecimal128(argMaxIf(ifNull(order_total, 0), (ifNull(order_version, toUnixTimestamp64Milli(occurred_at)), -offset), order_action IN ('placed', 'updated')), 4) AS total,
        sumIf(toDecimal128(ifNull(order_refund, 0), 4), order_action = 'refunded') AS refunded,
        toBool(countIf(order_action = 'cancelled' OR (order_action = 'refunded' AND order_refund IS NULL)) > 0) AS withdrawn
    FROM admitted_events AS event
    WHERE event.order_id IS NOT NULL
    GROUP BY subject_kind, subject, event.order_id
    HAVING countIf(order_action = 'placed') > 0
);

CREATE OR REPLACE VIEW customer_attributes
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    path String COMMENT 'Dotted path of the attribute',
    value String COMMENT 'JSON text; null where it was unset',
    written_at DateTime64(3, 'UTC') COMMENT 'When it was last written, in event time'
)
COMMENT 'The last value of each attribute. One whose parent was written later is gone.'
AS SELECT subject_kind, subject, entry.1 AS path, entry.2 AS value, entry.3.1 AS written_at
FROM
(
    SELECT
        subject_kind,
        subject,
        groupArray((path, value, stamp)) AS entries
    FROM
    (
        SELECT
            subject_kind,
            subject,
            pair.1 AS path,
            argMax(pair.2, (occurred_at, kafka_partition, offset)) AS value,
            max((occurred_at, kafka_partition, offset)) AS stamp
        FROM admitted_events
        ARRAY JOIN arrayZip(mapKeys(attribute_values), mapValues(attribute_values)) AS pair
        GROUP BY subject_kind, subject, path
    )
    GROUP BY subject_kind, subject
)
ARRAY JOIN arrayFilter(
    own -> NOT arrayExists(other -> startsWith(own.1, concat(other.1, '.')) AND other.3 > own.3, entries),
    entries
) AS entry;

CREATE OR REPLACE VIEW customer_profiles
(
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    first_seen_at DateTime64(3, 'UTC') COMMENT 'First event, in event time',
    last_seen_at DateTime64(3, 'UTC') COMMENT 'Last event, in event time',
    events UInt64 COMMENT 'How many events',
    orders UInt64 COMMENT 'How many orders that stand',
    revenue Decimal(38, 4) COMMENT 'What the orders that stand are worth, refunds taken off',
    attributes Map(String, String) COMMENT 'Attributes by dotted path; each value is JSON text, null where unset'
)
COMMENT 'What is known of each customer and company.'
AS SELECT
    seen.subject_kind AS subject_kind,
    seen.subject AS subject,
    seen.first_seen_at AS first_seen_at,
    seen.last_seen_at AS last_seen_at,
    seen.events AS events,
    bought.orders AS orders,
    bought.revenue AS revenue,
    known.attributes AS attributes
FROM
(
    SELECT subject_kind, subject, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at, count() AS events
    FROM admitted_events
    GROUP BY subject_kind, subject
) AS seen
LEFT JOIN
(
    SELECT subject_kind, subject, countIf(NOT cancelled) AS orders, sum(net) AS revenue
    FROM orders
    GROUP BY subject_kind, subject
) AS bought ON bought.subject_kind = seen.subject_kind AND bought.subject = seen.subject
LEFT JOIN
(
    SELECT subject_kind, subject, CAST(arraySort(groupArray((path, value))), 'Map(String, String)') AS attributes
    FROM customer_attributes
    GROUP BY subject_kind, subject
) AS known ON known.subject_kind = seen.subject_kind AND known.subject = seen.subject;
