-- Sweeps fill definitions from history: which, since when, and whether they are over.

CREATE OR REPLACE VIEW sweeps
(
    sweep String COMMENT 'Id of the sweep',
    kafka_partition UInt32 COMMENT 'Partition of customer-events that is swept',
    kind String COMMENT 'Of the definition that is filled: segment, classification, metric ...',
    id String COMMENT 'Its id',
    version Int64 COMMENT 'Its version',
    begun_at DateTime64(3, 'UTC') COMMENT 'When the sweep began',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over: the definition is in force there; null while it is under way'
)
COMMENT 'Definitions filled from history, by partition.'
AS SELECT
    JSONExtractString(begin.value, 'id') AS sweep,
    begin.kafka_partition AS kafka_partition,
    definition.1 AS kind,
    definition.2 AS id,
    definition.3 AS version,
    begin.appended_at AS begun_at,
    if(end.ended_at > toDateTime64(0, 3, 'UTC'), end.ended_at, NULL) AS ended_at
FROM control_records AS begin
ARRAY JOIN JSONExtract(value, 'definitions', 'Array(Tuple(kind String, id String, version Int64))') AS definition
LEFT JOIN
(
    SELECT kafka_partition, JSONExtractString(value, 'sweep') AS sweep, min(appended_at) AS ended_at
    FROM control_records
    WHERE topic = 'customer-events' AND type = 'SweepEnd'
    GROUP BY kafka_partition, sweep
) AS end ON end.kafka_partition = begin.kafka_partition AND end.sweep = JSONExtractString(begin.value, 'id')
WHERE begin.topic = 'customer-events' AND begin.type = 'Sweep';

-- A version that only changed a name while the one before it was swept is filled with it.
CREATE OR REPLACE VIEW definition_versions
(
    kind String COMMENT 'segment, classification, metric ...',
    id String COMMENT 'Id of the definition',
    version Int64 COMMENT 'Its version',
    filling Bool COMMENT 'Written when events existed, and not filled from history in all partitions yet',
    document Nullable(String) COMMENT 'The definition as JSON; null deletes it',
    first_appended_at DateTime64(3, 'UTC') COMMENT 'When the first partition had it',
    partitions UInt64 COMMENT 'How many partitions have it'
)
COMMENT 'Every version of every definition that entered the log.'
AS SELECT
    written.kind AS kind,
    written.id AS id,
    written.version AS version,
    written.filling AND NOT if(own.rows > 0, own.open = 0, swept.last_ended_at > written.first_appended_at) AS filling,
    written.document AS document,
    written.first_appended_at AS first_appended_at,
    written.partitions AS partitions
FROM
(
    SELECT
        JSONExtractString(value, 'kind') AS kind,
        JSONExtractString(value, 'id') AS id,
        JSONExtractInt(value, 'version') AS version,
        any(JSONExtractBool(value, 'filling')) AS filling,
        any(JSONExtract(value, 'document', 'Nullable(String)')) AS document,
        min(appended_at) AS first_appended_at,
        uniqExact(kafka_partition) AS partitions
    FROM control_records
    WHERE topic = 'customer-events' AND type = 'DefinitionVersion'
    GROUP BY kind, id, version
) AS written
LEFT JOIN
(
    SELECT kind, id, version, count() AS rows, countIf(ended_at IS NULL) AS open
    FROM sweeps
    GROUP BY kind, id, version
) AS own ON own.kind = written.kind AND own.id = written.id AND own.version = written.version
LEFT JOIN
(
    SELECT kind, id, max(assumeNotNull(ended_at)) AS last_ended_at
    FROM sweeps
    WHERE ended_at IS NOT NULL
    GROUP BY kind, id
) AS swept ON swept.kind = written.kind AND swept.id = written.id;
