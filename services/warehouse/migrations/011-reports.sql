-- Reports: exact when read, as the other views. What each formula says and where it comes from: docs/reports.md.
-- Days and months are those of UTC. Views with {parameters} are read as view(parameter = value, ...).

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
    day,
    definition_kind,
    definition,
    step.1 AS category,
    sumIf(changes, step.2 = 1) AS entered,
    sumIf(changes, step.2 = -1) AS left,
    toInt64(entered) - toInt64(left) AS net
FROM segment_flow
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
    -- The number of the category is kept below the sequence number: the largest is the last. 0 is none.
    SELECT
        categories[before % 4096] AS from_category,
        categories[after % 4096] AS to_category,
        count() AS subjects
    FROM
    (
        SELECT
            maxIf(sequence * 4096 + indexOf(categories, to_state), effective_at < toDateTime64({from:Date} + 1, 3, 'UTC')) AS before,
            max(sequence * 4096 + indexOf(categories, to_state)) AS after
        FROM segment_steps
        WHERE definition_kind = 'classification'
            AND definition = {definition:String}
            AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
        GROUP BY subject_kind, subject_key
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
    cause String COMMENT 'What ended the stays: event, time, late, definition, cuts, merge or erased',
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
        -- A subject's steps follow each other as they are stored: the one before began what a step ends.
        SELECT
            definition_kind,
            definition,
            from_state,
            cause,
            cause_event,
            effective_at,
            (toUnixTimestamp64Milli(effective_at) - toUnixTimestamp64Milli(lagInFrame(effective_at) OVER before)) / 1000 AS seconds,
            lagInFrame(subject_key) OVER before = subject_key
                AND lagInFrame(subject_kind) OVER before = subject_kind
                AND lagInFrame(definition) OVER before = definition
                AND lagInFrame(definition_kind) OVER before = definition_kind AS known
        FROM segment_steps
        WHERE ({definition:String} = '' OR definition = {definition:String})
            AND subject_key IN
            (
                SELECT subject_key
                FROM segment_steps
                WHERE from_state NOT IN ('', 'out')
                    AND ({definition:String} = '' OR definition = {definition:String})
                    AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
                    AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
            )
        WINDOW before AS (ORDER BY definition_kind, definition, subject_kind, subject_key, sequence ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)
    )
    WHERE known
        AND from_state NOT IN ('', 'out')
        AND effective_at >= toDateTime64({from:Date}, 3, 'UTC')
        AND effective_at < toDateTime64({to:Date} + 1, 3, 'UTC')
    GROUP BY definition_kind, definition, category, cause, cause_event
);
