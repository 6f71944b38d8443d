-- Reports: exact when read, as the other views. What each formula says and where it comes from: docs/reports.md.
-- Days and months are those of UTC. Views with {parameters} are read as view(parameter = value, ...).

-- A deletion ends all memberships of a definition, and nobody's change says so: its record does, in each partition at the
-- place and the instant at which that partition has it. What is written anew under the same id begins with nobody.

CREATE OR REPLACE VIEW deleted_definitions
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition'
)
COMMENT 'Definitions whose newest version deletes them. Nobody is a member of these.'
AS SELECT kind, id
FROM definition_records
GROUP BY kind, id
HAVING argMax(is_deleted, version);

CREATE OR REPLACE VIEW definition_ends
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition',
    kafka_partition UInt32 COMMENT 'Partition of customer-events',
    offset Int64 COMMENT 'Offset of the record that deletes it',
    version Int64 COMMENT 'The version that deletes it',
    version_before Int64 COMMENT 'The version that deleted it the last time before; 0 where none did',
    ended_at DateTime64(3, 'UTC') COMMENT 'When Kafka took that record'
)
COMMENT 'Each deletion of a definition, as each partition has it.'
AS SELECT
    kind,
    id,
    kafka_partition,
    offset,
    version,
    lagInFrame(version, 1, toInt64(0)) OVER (PARTITION BY kind, id, kafka_partition ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS version_before,
    appended_at AS ended_at
FROM
(
    SELECT *, max(version) OVER (PARTITION BY kind, id, kafka_partition ORDER BY offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS known_version
    FROM definition_records
    WHERE (kind, id) IN (SELECT kind, id FROM definition_records WHERE is_deleted)
)
-- A version that is not above the one known changes nothing.
WHERE is_deleted AND version > known_version;

CREATE OR REPLACE VIEW segment_ends
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    kafka_partition UInt32 COMMENT 'Partition of the changes',
    offset Int64 COMMENT 'Offset in customer-events of the record that deletes it',
    version Int64 COMMENT 'The version that deletes it',
    ended_at DateTime64(3, 'UTC') COMMENT 'When it was deleted',
    last_sequence Int64 COMMENT 'Sequence number of the last change before the deletion',
    members Map(String, Int64) COMMENT 'How many were in what when it was deleted'
)
COMMENT 'Each deletion of a segment or classification that had changes since the last one, as each partition has it.'
AS SELECT
    kind AS definition_kind,
    id AS definition,
    kafka_partition,
    any(ends.offset) AS offset,
    ends.version AS version,
    any(ends.ended_at) AS ended_at,
    max(last_sequence) AS last_sequence,
    sumMap(map(toString(state), net)) AS members
FROM definition_ends AS ends
INNER JOIN segment_versions AS changed ON changed.definition_kind = ends.kind AND changed.definition = ends.id AND changed.kafka_partition = ends.kafka_partition
WHERE changed.definition_version > ends.version_before AND changed.definition_version < ends.version
GROUP BY kind, id, kafka_partition, version;

CREATE OR REPLACE VIEW segment_endings
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    definition_version Int64 COMMENT 'The version that deletes it',
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    kafka_partition UInt32 COMMENT 'Partition of its changes',
    sequence Int64 COMMENT 'Sequence number of its last change before',
    from_state LowCardinality(String) COMMENT 'in; of a classification the category',
    effective_at DateTime64(3, 'UTC') COMMENT 'When the definition was deleted',
    cause_offset Int64 COMMENT 'Offset in customer-events of the record that deletes it'
)
COMMENT 'The memberships that a deletion of the definition ended: no change says so.'
AS WITH
    -- The one that ends a change is the first whose last change is not before it.
    (
        SELECT arraySort(groupArray((last_sequence, version, definition_kind, definition, kafka_partition, ended_at, offset)))
        FROM segment_ends
    ) AS ends
SELECT
    definition_kind,
    definition,
    ending.2 AS definition_version,
    subject_kind,
    subject,
    kafka_partition,
    max(changes.sequence) AS sequence,
    argMax(changes.to_state, changes.sequence) AS from_state,
    greatest(any(ending.6), max(changes.effective_at)) AS effective_at,
    any(ending.7) AS cause_offset
FROM
(
    SELECT
        definition_kind,
        definition,
        subject_kind,
        subject,
        kafka_partition,
        sequence,
        to_state,
        segment_changes.effective_at AS effective_at,
        arrayFirst(one -> one.1 >= segment_changes.sequence AND one.3 = segment_changes.definition_kind AND one.4 = segment_changes.definition AND one.5 = segment_changes.kafka_partition, ends) AS ending
    FROM segment_changes
    WHERE notEmpty(ends) AND (definition_kind, definition) IN (SELECT kind, id FROM definition_records WHERE is_deleted)
) AS changes
WHERE ending.2 > 0
GROUP BY definition_kind, definition, ending, subject_kind, subject, kafka_partition
HAVING from_state != 'out';

CREATE OR REPLACE VIEW membership_steps
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    definition_version Int64 COMMENT 'Version of the definition that brought it about',
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    kafka_partition UInt32 COMMENT 'Partition of the change',
    sequence Int64 COMMENT 'Sequence number of the change; of a deletion that of the subject''s last one before',
    step Int64 COMMENT 'The order of one subject''s steps',
    from_state LowCardinality(String) COMMENT 'in or out; of a classification the category, empty at first sight',
    to_state LowCardinality(String) COMMENT 'in or out; of a classification the category',
    effective_at DateTime64(3, 'UTC') COMMENT 'When it became so, in event time; of a deletion when Kafka took it',
    changes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it would change with no further event',
    cause LowCardinality(String) COMMENT 'event, time, late, definition, cuts, merge or erased; deleted where the definition was',
    cause_event LowCardinality(Nullable(String)) COMMENT 'Name of the event that brought it about',
    cause_offset Int64 COMMENT 'Offset in customer-events of the record that brought it about'
)
COMMENT 'All changes, and what deletions of definitions ended.'
AS SELECT
    definition_kind, definition, definition_version, subject_kind, subject, kafka_partition, sequence, sequence * 2 AS step,
    ifNull(segment_changes.from_state, '') AS from_state, to_state, effective_at, changes_at, cause, cause_event, cause_offset
FROM segment_changes
UNION ALL
SELECT
    definition_kind, definition, definition_version, subject_kind, subject, kafka_partition, sequence, sequence * 2 + 1 AS step,
    from_state, toLowCardinality('out') AS to_state, effective_at, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS changes_at, toLowCardinality('deleted') AS cause, CAST(NULL, 'LowCardinality(Nullable(String))') AS cause_event, cause_offset
FROM segment_endings;

CREATE OR REPLACE VIEW keyed_steps
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    definition_key UInt64 COMMENT 'sipHash64(definition_kind, definition)',
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)',
    step Int64 COMMENT 'The order of one subject''s steps',
    from_state LowCardinality(String) COMMENT 'in or out; of a classification the category, empty at first sight',
    to_state LowCardinality(String) COMMENT 'in or out; of a classification the category',
    from_name LowCardinality(String) COMMENT 'What was left: a segment, or classification/category; empty where it was nothing',
    to_name LowCardinality(String) COMMENT 'What was entered: a segment, or classification/category; empty where it was nothing',
    effective_at DateTime64(3, 'UTC') COMMENT 'When it became so, in event time; of a deletion when Kafka took it',
    cause LowCardinality(String) COMMENT 'event, time, late, definition, cuts, merge or erased; deleted where the definition was',
    cause_event LowCardinality(String) COMMENT 'Event that brought it about; empty where it was none'
)
COMMENT 'segment_steps, and what deletions of definitions ended.'
AS SELECT definition_kind, definition, definition_key, subject_kind, subject_key, sequence * 2 AS step, from_state, to_state, from_name, to_name, effective_at, cause, cause_event
FROM segment_steps
UNION ALL
SELECT
    definition_kind,
    definition,
    sipHash64(definition_kind, definition) AS definition_key,
    subject_kind,
    sipHash64(subject_kind, subject) AS subject_key,
    sequence * 2 + 1 AS step,
    from_state,
    toLowCardinality('out') AS to_state,
    toLowCardinality(if(definition_kind = 'segment', toString(definition), concat(definition, '/', from_state))) AS from_name,
    toLowCardinality('') AS to_name,
    effective_at,
    toLowCardinality('deleted') AS cause,
    toLowCardinality('') AS cause_event
FROM segment_endings;

CREATE OR REPLACE VIEW segment_states
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    definition_version Int64 COMMENT 'Version of the definition that brought it about',
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    state String COMMENT 'in or out; of a classification the category; out where the definition was deleted since',
    since DateTime64(3, 'UTC') COMMENT 'Since when, in event time',
    changes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it would change with no further event',
    cause String COMMENT 'Why it became so; deleted where the definition was',
    cause_event Nullable(String) COMMENT 'Event that brought it about',
    sequence Int64 COMMENT 'Sequence number of the change; of a deletion that of the last one before',
    kafka_partition UInt32 COMMENT 'Partition of the change'
)
COMMENT 'What each subject is in each segment and classification by its last change, those that left too.'
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
        argMax(tuple(definition_version, to_state, effective_at, changes_at, cause, cause_event, sequence, kafka_partition), step) AS last
    FROM membership_steps
    GROUP BY definition_kind, definition, subject_kind, subject
);

CREATE OR REPLACE VIEW memberships
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    subject_kind String COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    entered_at DateTime64(3, 'UTC') COMMENT 'When it began, in event time',
    left_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended, by a deletion of the definition too; null where it goes on',
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
        leadInFrame(toNullable(effective_at)) OVER (PARTITION BY definition_kind, definition, subject_kind, subject ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS left_at
    FROM membership_steps
)
WHERE state != 'out';

CREATE OR REPLACE VIEW segment_flow_by_day
(
    day Date COMMENT 'Day in UTC, of the instant at which the change took effect',
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    entered UInt64 COMMENT 'How often somebody came in',
    left UInt64 COMMENT 'How often somebody went out, by a deletion of the definition too',
    net Int64 COMMENT 'entered less left'
)
COMMENT 'How often each segment and category was entered and left, by day.'
AS SELECT
    day,
    definition_kind,
    definition,
    step.1 AS category,
    sumIf(changes, step.2 = 1) AS entered,
    sumIf(changes, step.2 = -1) AS left,
    toInt64(entered) - toInt64(left) AS net
FROM
(
    SELECT day, definition_kind, definition, from_state, to_state, changes
    FROM segment_flow
    UNION ALL
    SELECT toDate(ended_at) AS day, definition_kind, definition, state AS from_state, 'out' AS to_state, toUInt64(greatest(net, 0)) AS changes
    FROM segment_ends
    ARRAY JOIN mapKeys(members) AS state, mapValues(members) AS net
)
ARRAY JOIN [(toString(to_state), toInt8(1)), (toString(from_state), toInt8(-1))] AS step
WHERE category NOT IN ('', 'out')
GROUP BY day, definition_kind, definition, category;

CREATE OR REPLACE VIEW segment_sizes
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    members UInt64 COMMENT 'How many are in it now'
)
COMMENT 'The size of each segment and category now. One that nobody is in has no row.'
AS SELECT definition_kind, definition, category, toUInt64(sum(net)) AS members
FROM segment_flow_by_day
WHERE (definition_kind, definition) NOT IN (SELECT kind, id FROM deleted_definitions)
GROUP BY definition_kind, definition, category
HAVING sum(net) > 0;

CREATE OR REPLACE VIEW category_matrix
(
    from_category String COMMENT 'Category when the day from ended; empty where there was none yet',
    to_category String COMMENT 'Category when the day to ended; empty where there is none any more',
    subjects UInt64 COMMENT 'How many went from the one to the other, or stayed',
    share Float64 COMMENT 'Of those that were in from_category'
)
COMMENT 'Who was in which category of {definition} at the end of the day {from}, and in which at the end of {to}.'
AS WITH
    (
        SELECT arraySort(groupUniqArray(toString(to_state)))
        FROM segment_flow
        WHERE definition_kind = 'classification' AND definition = {definition:String} AND to_state != 'out'
    ) AS categories
SELECT
    from_category,
    to_category,
    sum(subjects) AS subjects,
    subjects / sum(subjects) OVER (PARTITION BY from_category) AS share
FROM
(
    -- The number of the category is kept below the number of the step: the largest is the last. 0 is none.
    SELECT
        categories[before % 4096] AS from_category,
        categories[after % 4096] AS to_category,
        count() AS subjects
    FROM
    (
        SELECT
            maxIf(step * 4096 + transform(to_state, categories, arrayEnumerate(categories), 0), effective_at < toDateTime64({from:Date} + 1, 3, 'UTC')) AS before,
            max(step * 4096 + transform(to_state, categories, arrayEnumerate(categories), 0)) AS after
        FROM keyed_steps
        WHERE definition_kind = 'classification'
            AND definition = {definition:String}
            AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        GROUP BY subject_key
    )
    GROUP BY from_category, to_category
)
WHERE from_category != '' OR to_category != ''
GROUP BY from_category, to_category;

CREATE OR REPLACE VIEW segment_exits
(
    definition_kind String COMMENT 'segment or classification',
    definition String COMMENT 'Id of the segment or classification',
    category String COMMENT 'in for a segment; of a classification the category',
    cause String COMMENT 'What ended the stays: event, time, late, definition, cuts, merge or erased; deleted where the definition was',
    cause_event String COMMENT 'Event that ended them; empty where it was none',
    stays UInt64 COMMENT 'How many stays it ended',
    share Float64 COMMENT 'Of all stays in the category that ended in these days',
    average_seconds Float64 COMMENT 'How long they had lasted, on average',
    quarter_seconds Float64 COMMENT 'A quarter of them was not longer',
    median_seconds Float64 COMMENT 'Half of them was not longer',
    three_quarters_seconds Float64 COMMENT 'Three quarters of them were not longer'
)
COMMENT 'Stays that ended from the day {from} to the day {to}: what ended them, and how long they had lasted. {definition} empty: all.'
AS SELECT
    definition_kind,
    definition,
    category,
    cause,
    cause_event,
    stays,
    stays / sum(stays) OVER (PARTITION BY definition_kind, definition, category) AS share,
    average_seconds,
    quartiles[1] AS quarter_seconds,
    quartiles[2] AS median_seconds,
    quartiles[3] AS three_quarters_seconds
FROM
(
    SELECT
        toString(definition_kind) AS definition_kind,
        toString(definition) AS definition,
        toString(from_state) AS category,
        toString(cause) AS cause,
        toString(cause_event) AS cause_event,
        count() AS stays,
        avg(seconds) AS average_seconds,
        quantilesExactInclusive(0.25, 0.5, 0.75)(seconds) AS quartiles
    FROM
    (
        -- What a step ends was begun by the last one before it that entered something.
        SELECT
            ends.definition_kind AS definition_kind,
            ends.definition AS definition,
            ends.from_state AS from_state,
            ends.cause AS cause,
            ends.cause_event AS cause_event,
            (toUnixTimestamp64Milli(ends.effective_at) - toUnixTimestamp64Milli(begins.effective_at)) / 1000 AS seconds
        FROM
        (
            SELECT definition_kind, definition, bitXor(subject_key, definition_key) AS key, step, from_state, cause, cause_event, effective_at
            FROM keyed_steps
            WHERE from_state NOT IN ('', 'out')
                AND ({definition:String} = '' OR definition = {definition:String})
                AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        ) AS ends
        ASOF INNER JOIN
        (
            SELECT bitXor(subject_key, definition_key) AS key, sequence * 2 AS step, effective_at
            FROM segment_steps
            WHERE to_state != 'out'
                AND ({definition:String} = '' OR definition = {definition:String})
                AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
                AND bitXor(subject_key, definition_key) IN
                (
                    SELECT bitXor(subject_key, definition_key)
                    FROM keyed_steps
                    WHERE from_state NOT IN ('', 'out')
                        AND ({definition:String} = '' OR definition = {definition:String})
                        AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                        AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
                )
        ) AS begins ON begins.key = ends.key AND begins.step < ends.step
    )
    GROUP BY definition_kind, definition, category, cause, cause_event
);

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

CREATE OR REPLACE VIEW segment_sets
(
    names Array(String) COMMENT 'Segments and classification/category, in order of their names',
    subjects UInt64 COMMENT 'How many are in these now and in no other',
    known UInt64 COMMENT 'How many of them any definition knew when the day {day} ended',
    known_before UInt64 COMMENT 'How many of them any definition knew when the day {before} ended'
)
COMMENT 'Those who are in the very same segments and categories now, counted together.'
AS WITH
    (
        SELECT arraySort(groupUniqArray(if(definition_kind = 'segment', toString(definition), concat(definition, '/', to_state))))
        FROM segment_flow
        WHERE to_state != 'out' AND (definition_kind, definition) NOT IN (SELECT kind, id FROM deleted_definitions)
    ) AS all_names,
    arrayMap(number -> bitShiftLeft(toUInt64(1), number), range(least(length(all_names), 64))) AS bits
SELECT
    arrayFilter((name, number) -> bitTest(members, number), all_names, range(length(all_names))) AS names,
    count() AS subjects,
    countIf(first_at < toDateTime64({day:Date} + 1, 3, 'UTC')) AS known,
    countIf(first_at < toDateTime64({before:Date} + 1, 3, 'UTC')) AS known_before
FROM
(
    -- Who came in and went out again leaves no trace, in whatever order that is read: each step turns over two bits.
    SELECT
        subject_key,
        min(effective_at) AS first_at,
        groupBitXor(bitXor(transform(from_name, arraySlice(all_names, 1, 64), bits, toUInt64(0)), transform(to_name, arraySlice(all_names, 1, 64), bits, toUInt64(0)))) AS members
    FROM keyed_steps
    WHERE length(all_names) <= 64
    GROUP BY subject_key
)
GROUP BY members
UNION ALL
-- There are more of them than bits.
SELECT
    names,
    count() AS subjects,
    countIf(first_at < toDateTime64({day:Date} + 1, 3, 'UTC')) AS known,
    countIf(first_at < toDateTime64({before:Date} + 1, 3, 'UTC')) AS known_before
FROM
(
    SELECT subject_key, min(first_at) AS first_at, arraySort(groupArrayIf(name, entered > left AND has(all_names, name))) AS names
    FROM
    (
        SELECT subject_key, step.1 AS name, min(effective_at) AS first_at, countIf(step.2) AS entered, countIf(NOT step.2) AS left
        FROM keyed_steps
        ARRAY JOIN [(toString(to_name), true), (toString(from_name), false)] AS step
        WHERE length(all_names) > 64
        GROUP BY subject_key, name
    )
    GROUP BY subject_key
)
GROUP BY names;

CREATE OR REPLACE VIEW segment_pairs
(
    one String COMMENT 'A segment, or classification/category; empty for all there are',
    other String COMMENT 'Another, or the same; each pair once, by name',
    one_members UInt64 COMMENT 'How many are in the one now',
    other_members UInt64 COMMENT 'How many are in the other now',
    both UInt64 COMMENT 'How many are in both',
    known UInt64 COMMENT 'How many of these any definition knew when the day {day} ended',
    known_before UInt64 COMMENT 'How many of these any definition knew when the day {before} ended'
)
COMMENT 'What segments and categories have in common now.'
AS SELECT
    one,
    other,
    maxIf(both, one = other) OVER (PARTITION BY one) AS one_members,
    maxIf(both, one = other) OVER (PARTITION BY other) AS other_members,
    both,
    known,
    known_before
FROM
(
    SELECT pair.1 AS one, pair.2 AS other, sum(subjects) AS both, sum(sets.known) AS known, sum(sets.known_before) AS known_before
    FROM
    (
        SELECT
            arrayJoin(arrayConcat(
                [('', '')],
                arrayFlatten(arrayMap((name, position) -> arrayMap(twin -> (name, twin), arraySlice(names, position)), names, arrayEnumerate(names)))
            )) AS pair,
            subjects,
            known,
            known_before
        FROM segment_sets(day = {day:Date}, before = {before:Date})
    ) AS sets
    GROUP BY one, other
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
AS SELECT one, other, one_members, other_members, both, both / (one_members + other_members - both) AS jaccard, both / least(one_members, other_members) AS overlap
FROM segment_pairs(day = '1970-01-01', before = '1970-01-01')
WHERE one != other;

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
    -- Of a segment a second share are those who are known and not in it.
    if(is_segment, toInt64(pairs.subjects_now), sizes.members) AS base,
    if(is_segment, toInt64(pairs.subjects_before), sizes.members_before) AS base_before,
    arrayConcat(sizes.counts, if(is_segment, [(base - sizes.members, base_before - sizes.members_before)], [])) AS all_counts,
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
    sizes AS
    (
        SELECT
            definition_kind,
            definition,
            sum(now) AS members,
            sum(before) AS members_before,
            sum(entered) AS entered,
            sum(left) AS left,
            max(last_day) AS last_day,
            groupArray((now, before)) AS counts
        FROM flows
        GROUP BY definition_kind, definition
    ),
    pairs AS
    (
        SELECT
            sumIf(known, one = '') AS subjects_now,
            sumIf(known_before, one = '') AS subjects_before,
            groupArrayIf((one, other), one != other AND both / (one_members + other_members - both) >= 0.95) AS twins
        FROM segment_pairs(day = {day:Date}, before = {day:Date} - {days:UInt32})
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
            arrayMap(count -> greatest(count.1 / base, 0.0001), all_counts),
            arrayMap(count -> greatest(count.2 / base_before, 0.0001), all_counts)
        )))
    ) AS drift,
    arraySort(arrayMap(pair -> pair.2, arrayFilter(pair -> splitByChar('/', pair.1)[1] = id, arrayConcat(pairs.twins, arrayMap(pair -> (pair.2, pair.1), pairs.twins))))) AS same_as,
    toBool(sizes.members = 0) AS is_empty,
    toBool(sizes.entered = 0 AND sizes.left = 0) AS is_stale,
    toBool(ifNull(drift >= 0.25, false)) AS is_drifting,
    toBool(notEmpty(same_as)) AS is_duplicate
FROM
(
    SELECT toString(kind) AS kind, id, kind = 'segment' AS is_segment
    FROM definition_records
    WHERE kind IN ('segment', 'classification')
    GROUP BY kind, id
    HAVING NOT argMax(is_deleted, version)
) AS written
LEFT JOIN sizes ON sizes.definition_kind = written.kind AND sizes.definition = written.id
CROSS JOIN pairs;
