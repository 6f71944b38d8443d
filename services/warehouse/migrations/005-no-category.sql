-- Who is merged or erased leaves its classifications too, with `out`: in no category any more.

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
WHERE state != 'out'
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
WHERE category != 'out'
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
WHERE category NOT IN ('', 'out')
GROUP BY day, definition_kind, definition, category;

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
WHERE state != 'out';

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
WHERE definition_kind = 'classification' AND from_state IS NOT NULL AND from_state != 'out' AND to_state != 'out'
GROUP BY day, definition, from_category, to_category;

ALTER TABLE segment_changes COMMENT COLUMN cause 'event, time, late, definition, cuts, merge or erased';
