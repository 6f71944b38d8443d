-- Receipts of erasures: what was found of whom, and that it is gone. Nobody is named: a subject is a hash of its id.

CREATE TABLE IF NOT EXISTS erasures
(
    kafka_partition UInt32 COMMENT 'Partition of customer-events that the subject lives in',
    offset Int64 COMMENT 'Offset of the erasure in that partition',
    subject_hash String COMMENT 'First 128 bits of a SHA-256 of the id, hexadecimal',
    erased_at DateTime64(3, 'UTC') COMMENT 'What is dated up to then is erased',
    part LowCardinality(String) COMMENT 'events, changes or dead-letters',
    state LowCardinality(String) COMMENT 'found, then removed',
    found UInt64 COMMENT 'How many rows or records were found',
    places String COMMENT 'Of dead letters: JSON list of partition and offset',
    at DateTime64(3, 'UTC') COMMENT 'When that was so'
)
ENGINE = MergeTree
ORDER BY (kafka_partition, offset, part)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What was found and removed of subjects that were erased.';
