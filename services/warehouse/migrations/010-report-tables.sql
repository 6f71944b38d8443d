-- What reports read often, beside the topics' own tables: narrow, by customer, filled by the insert that fills those.
-- A repeated block is dropped here with its source. Rows carry a key in place of the subject's id.
-- What an archive has already is filled in here; see docs/reports.md for one of hundreds of millions of events.

ALTER TABLE customer_events
    MODIFY COLUMN kafka_partition CODEC(ZSTD(1)),
    MODIFY COLUMN offset CODEC(ZSTD(1)),
    MODIFY COLUMN appended_at CODEC(T64, ZSTD(1)),
    MODIFY COLUMN subject CODEC(ZSTD(1)),
    MODIFY COLUMN name CODEC(ZSTD(1)),
    MODIFY COLUMN occurred_at CODEC(T64, ZSTD(1)),
    MODIFY COLUMN event_id CODEC(ZSTD(1)),
    MODIFY COLUMN source_partition CODEC(ZSTD(1)),
    MODIFY COLUMN source_offset CODEC(ZSTD(1)),
    MODIFY COLUMN attributes CODEC(ZSTD(1)),
    MODIFY COLUMN attribute_values CODEC(ZSTD(1)),
    MODIFY COLUMN order_id CODEC(ZSTD(1)),
    MODIFY COLUMN order_version CODEC(ZSTD(1)),
    MODIFY COLUMN order_refund CODEC(ZSTD(1)),
    MODIFY COLUMN order_total CODEC(ZSTD(1));

ALTER TABLE segment_changes
    MODIFY COLUMN offset CODEC(ZSTD(1)),
    MODIFY COLUMN appended_at CODEC(T64, ZSTD(1)),
    MODIFY COLUMN sequence CODEC(ZSTD(1)),
    MODIFY COLUMN change_id CODEC(ZSTD(1)),
    MODIFY COLUMN subject CODEC(ZSTD(1)),
    MODIFY COLUMN effective_at CODEC(T64, ZSTD(1)),
    MODIFY COLUMN detected_at CODEC(T64, ZSTD(1)),
    MODIFY COLUMN changes_at CODEC(ZSTD(1)),
    MODIFY COLUMN cause_offset CODEC(ZSTD(1));

CREATE TABLE IF NOT EXISTS order_events
(
    subject_kind LowCardinality(String) COMMENT 'customer or company' CODEC(ZSTD(1)),
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)' CODEC(Delta, ZSTD(1)),
    subject String COMMENT 'Id of the customer or company' CODEC(ZSTD(1)),
    order_key UInt64 COMMENT 'sipHash64(subject_kind, subject, order_id)' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of customer-events' CODEC(ZSTD(1)),
    offset Int64 COMMENT 'Offset in that partition' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened' CODEC(T64, ZSTD(1)),
    action LowCardinality(String) COMMENT 'placed, updated, cancelled or refunded' CODEC(ZSTD(1)),
    version Int64 COMMENT 'Version of the order; 0 where the source does not number them' CODEC(ZSTD(1)),
    total Decimal(18, 4) COMMENT 'Total of the order as this event states it; 0 where it states none' CODEC(T64, ZSTD(1)),
    refund Decimal(18, 4) COMMENT 'Amount given back' CODEC(ZSTD(1)),
    whole Bool COMMENT 'A refund of the whole order' CODEC(ZSTD(1)),
    channel LowCardinality(String) COMMENT 'Where it was ordered; empty where that is not said' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (subject_key, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Events of orders without what reports do not need; rejected ones too.';

CREATE MATERIALIZED VIEW IF NOT EXISTS order_events_feed TO order_events
COMMENT 'Fills order_events.'
AS SELECT
    subject_kind,
    sipHash64(subject_kind, subject) AS subject_key,
    subject,
    sipHash64(subject_kind, subject, assumeNotNull(order_id)) AS order_key,
    kafka_partition,
    offset,
    occurred_at,
    ifNull(order_action, '') AS action,
    ifNull(order_version, 0) AS version,
    ifNull(order_total, 0) AS total,
    toDecimal64(ifNull(order_refund, 0), 4) AS refund,
    order_action = 'refunded' AND order_refund IS NULL AS whole,
    JSONExtractString(properties, 'channel') AS channel
FROM customer_events
WHERE order_id IS NOT NULL;

INSERT INTO order_events
SELECT
    subject_kind,
    sipHash64(subject_kind, subject) AS subject_key,
    subject,
    sipHash64(subject_kind, subject, assumeNotNull(order_id)) AS order_key,
    kafka_partition,
    offset,
    occurred_at,
    ifNull(order_action, '') AS action,
    ifNull(order_version, 0) AS version,
    ifNull(order_total, 0) AS total,
    toDecimal64(ifNull(order_refund, 0), 4) AS refund,
    order_action = 'refunded' AND order_refund IS NULL AS whole,
    JSONExtractString(properties, 'channel') AS channel
FROM customer_events
WHERE order_id IS NOT NULL;

OPTIMIZE TABLE order_events FINAL;

CREATE TABLE IF NOT EXISTS outcome_events
(
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    outcome LowCardinality(String) COMMENT 'feedback or cost',
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of customer-events' CODEC(ZSTD(1)),
    offset Int64 COMMENT 'Offset in that partition' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened' CODEC(T64, ZSTD(1)),
    value Decimal(18, 4) COMMENT 'The score, or the cost' CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (subject_kind, outcome, subject_key, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Scores of feedback.* events and costs of campaign.* events; rejected ones too.';

CREATE MATERIALIZED VIEW IF NOT EXISTS outcome_events_feed TO outcome_events
COMMENT 'Fills outcome_events.'
AS SELECT
    subject_kind,
    if(startsWith(name, 'feedback.'), 'feedback', 'cost') AS outcome,
    sipHash64(subject_kind, subject) AS subject_key,
    kafka_partition,
    offset,
    occurred_at,
    assumeNotNull(number) AS value
FROM
(
    SELECT *, toDecimal64OrNull(toString(round(JSONExtract(properties, if(startsWith(name, 'feedback.'), 'score', 'cost'), 'Nullable(Float64)'), 4)), 4) AS number
    FROM customer_events
    WHERE startsWith(name, 'feedback.') OR startsWith(name, 'campaign.')
)
WHERE number IS NOT NULL;

INSERT INTO outcome_events
SELECT
    subject_kind,
    if(startsWith(name, 'feedback.'), 'feedback', 'cost') AS outcome,
    sipHash64(subject_kind, subject) AS subject_key,
    kafka_partition,
    offset,
    occurred_at,
    assumeNotNull(number) AS value
FROM
(
    SELECT *, toDecimal64OrNull(toString(round(JSONExtract(properties, if(startsWith(name, 'feedback.'), 'score', 'cost'), 'Nullable(Float64)'), 4)), 4) AS number
    FROM customer_events
    WHERE startsWith(name, 'feedback.') OR startsWith(name, 'campaign.')
)
WHERE number IS NOT NULL;

OPTIMIZE TABLE outcome_events FINAL;

CREATE TABLE IF NOT EXISTS attribute_writes
(
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    path LowCardinality(String) COMMENT 'Dotted path of the attribute',
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of customer-events' CODEC(ZSTD(1)),
    offset Int64 COMMENT 'Offset in that partition' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it was written, in event time' CODEC(T64, ZSTD(1)),
    value String COMMENT 'JSON text; null where it was unset' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (subject_kind, path, subject_key, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Attributes as they were written, by path; those of rejected events too.';

CREATE MATERIALIZED VIEW IF NOT EXISTS attribute_writes_feed TO attribute_writes
COMMENT 'Fills attribute_writes.'
AS SELECT subject_kind, pair.1 AS path, sipHash64(subject_kind, subject) AS subject_key, kafka_partition, offset, occurred_at, pair.2 AS value
FROM customer_events
ARRAY JOIN arrayZip(mapKeys(attribute_values), mapValues(attribute_values)) AS pair;

INSERT INTO attribute_writes
SELECT subject_kind, pair.1 AS path, sipHash64(subject_kind, subject) AS subject_key, kafka_partition, offset, occurred_at, pair.2 AS value
FROM customer_events
ARRAY JOIN arrayZip(mapKeys(attribute_values), mapValues(attribute_values)) AS pair;

OPTIMIZE TABLE attribute_writes FINAL;

CREATE TABLE IF NOT EXISTS segment_steps
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification' CODEC(ZSTD(1)),
    definition LowCardinality(String) COMMENT 'Id of the segment or classification' CODEC(ZSTD(1)),
    definition_key UInt64 COMMENT 'sipHash64(definition_kind, definition)' CODEC(ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'customer or company' CODEC(ZSTD(1)),
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject)' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of the change' CODEC(ZSTD(1)),
    sequence Int64 COMMENT 'Sequence number of the change' CODEC(ZSTD(1)),
    from_state LowCardinality(String) COMMENT 'in or out; of a classification the category, empty at first sight' CODEC(ZSTD(1)),
    to_state LowCardinality(String) COMMENT 'in or out; of a classification the category' CODEC(ZSTD(1)),
    from_name LowCardinality(String) COMMENT 'What was left: a segment, or classification/category; empty where it was nothing' CODEC(ZSTD(1)),
    to_name LowCardinality(String) COMMENT 'What was entered: a segment, or classification/category; empty where it was nothing' CODEC(ZSTD(1)),
    effective_at DateTime64(3, 'UTC') COMMENT 'When it became so, in event time' CODEC(T64, ZSTD(1)),
    cause LowCardinality(String) COMMENT 'event, time, late, definition, cuts, merge or erased' CODEC(ZSTD(1)),
    cause_event LowCardinality(String) COMMENT 'Event that brought it about; empty where it was none' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (definition_kind, definition, subject_key, sequence)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Changes of memberships without what reports do not need, each subject''s one after the other.';

CREATE MATERIALIZED VIEW IF NOT EXISTS segment_steps_feed TO segment_steps
COMMENT 'Fills segment_steps.'
AS SELECT
    definition_kind,
    definition,
    sipHash64(definition_kind, definition) AS definition_key,
    subject_kind,
    sipHash64(subject_kind, subject) AS subject_key,
    kafka_partition,
    sequence,
    ifNull(from_state, '') AS from_state,
    to_state,
    multiIf(ifNull(segment_changes.from_state, 'out') = 'out', '', definition_kind = 'segment', toString(definition), concat(definition, '/', ifNull(segment_changes.from_state, ''))) AS from_name,
    multiIf(segment_changes.to_state = 'out', '', definition_kind = 'segment', toString(definition), concat(definition, '/', segment_changes.to_state)) AS to_name,
    effective_at,
    cause,
    ifNull(cause_event, '') AS cause_event
FROM segment_changes;

INSERT INTO segment_steps
SELECT
    definition_kind,
    definition,
    sipHash64(definition_kind, definition) AS definition_key,
    subject_kind,
    sipHash64(subject_kind, subject) AS subject_key,
    kafka_partition,
    sequence,
    ifNull(from_state, '') AS from_state,
    to_state,
    multiIf(ifNull(segment_changes.from_state, 'out') = 'out', '', definition_kind = 'segment', toString(definition), concat(definition, '/', ifNull(segment_changes.from_state, ''))) AS from_name,
    multiIf(segment_changes.to_state = 'out', '', definition_kind = 'segment', toString(definition), concat(definition, '/', segment_changes.to_state)) AS to_name,
    effective_at,
    cause,
    ifNull(cause_event, '') AS cause_event
FROM segment_changes;

OPTIMIZE TABLE segment_steps FINAL;

CREATE TABLE IF NOT EXISTS segment_flow
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    day Date COMMENT 'Day in UTC, of the instant at which the change took effect',
    from_state LowCardinality(String) COMMENT 'in or out; of a classification the category, empty at first sight',
    to_state LowCardinality(String) COMMENT 'in or out; of a classification the category',
    cause LowCardinality(String) COMMENT 'event, time, late, definition, cuts, merge or erased',
    changes UInt64 COMMENT 'How many changes'
)
ENGINE = SummingMergeTree
ORDER BY (definition_kind, definition, day, from_state, to_state, cause)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How many changes there were, by day. Those of who was erased later stay counted: nobody is named.';

CREATE MATERIALIZED VIEW IF NOT EXISTS segment_flow_feed TO segment_flow
COMMENT 'Fills segment_flow.'
AS SELECT definition_kind, definition, toDate(effective_at) AS day, ifNull(from_state, '') AS from_state, to_state, cause, count() AS changes
FROM segment_changes
GROUP BY definition_kind, definition, day, from_state, to_state, cause;

-- Sums cannot be told apart: begun anew, and once where two services start at the same time.
TRUNCATE TABLE segment_flow;

INSERT INTO segment_flow
SELECT definition_kind, definition, toDate(effective_at) AS day, ifNull(from_state, '') AS from_state, to_state, cause, count() AS changes
FROM segment_changes
GROUP BY definition_kind, definition, day, from_state, to_state, cause
ORDER BY ALL
SETTINGS insert_deduplication_token = 'all-before', max_threads = 1;

CREATE TABLE IF NOT EXISTS definition_records
(
    kind LowCardinality(String) COMMENT 'segment, classification, metric ...' CODEC(ZSTD(1)),
    id String COMMENT 'Id of the definition' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of customer-events' CODEC(ZSTD(1)),
    offset Int64 COMMENT 'Offset in that partition' CODEC(ZSTD(1)),
    appended_at DateTime64(3, 'UTC') COMMENT 'When Kafka took the record' CODEC(ZSTD(1)),
    version Int64 COMMENT 'Version of the definition' CODEC(ZSTD(1)),
    is_deleted Bool COMMENT 'It has no document: the definition is deleted' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (kind, id, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Versions of definitions as each partition learned of them, without their documents.';

CREATE MATERIALIZED VIEW IF NOT EXISTS definition_records_feed TO definition_records
COMMENT 'Fills definition_records.'
AS SELECT
    JSONExtractString(value, 'kind') AS kind,
    JSONExtractString(value, 'id') AS id,
    kafka_partition,
    offset,
    appended_at,
    JSONExtractInt(value, 'version') AS version,
    JSONExtract(value, 'document', 'Nullable(String)') IS NULL AS is_deleted
FROM control_records
WHERE topic = 'customer-events' AND type = 'DefinitionVersion';

INSERT INTO definition_records
SELECT
    JSONExtractString(value, 'kind') AS kind,
    JSONExtractString(value, 'id') AS id,
    kafka_partition,
    offset,
    appended_at,
    JSONExtractInt(value, 'version') AS version,
    JSONExtract(value, 'document', 'Nullable(String)') IS NULL AS is_deleted
FROM control_records
WHERE topic = 'customer-events' AND type = 'DefinitionVersion';

CREATE TABLE IF NOT EXISTS segment_versions
(
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    kafka_partition UInt32 COMMENT 'Partition of the changes',
    definition_version Int64 COMMENT 'Version of the definition that brought them about',
    state LowCardinality(String) COMMENT 'in or out; of a classification the category',
    net SimpleAggregateFunction(sum, Int64) COMMENT 'How often it was entered, less how often it was left',
    last_sequence SimpleAggregateFunction(max, Int64) COMMENT 'Sequence number of the last of these changes'
)
ENGINE = AggregatingMergeTree
ORDER BY (definition_kind, definition, kafka_partition, definition_version, state)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What the changes of each version of a definition add up to. Those of who was erased later stay counted: nobody is named.';

CREATE MATERIALIZED VIEW IF NOT EXISTS segment_versions_feed TO segment_versions
COMMENT 'Fills segment_versions.'
AS SELECT definition_kind, definition, kafka_partition, definition_version, step.1 AS state, sum(step.2) AS net, max(sequence) AS last_sequence
FROM segment_changes
ARRAY JOIN [(toString(to_state), toInt64(1)), (ifNull(toString(from_state), ''), toInt64(-1))] AS step
WHERE state != ''
GROUP BY definition_kind, definition, kafka_partition, definition_version, state;

TRUNCATE TABLE segment_versions;

INSERT INTO segment_versions
SELECT definition_kind, definition, kafka_partition, definition_version, step.1 AS state, sum(step.2) AS net, max(sequence) AS last_sequence
FROM segment_changes
ARRAY JOIN [(toString(to_state), toInt64(1)), (ifNull(toString(from_state), ''), toInt64(-1))] AS step
WHERE state != ''
GROUP BY definition_kind, definition, kafka_partition, definition_version, state
ORDER BY ALL
SETTINGS insert_deduplication_token = 'all-before', max_threads = 1;
