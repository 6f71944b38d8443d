-- One customer of 64, with all events, in the order of keys: what a preview estimates from is read by key. A repeated
-- block is dropped here with its source. What an archive has already is filled in here.

CREATE TABLE IF NOT EXISTS sampled_events
(
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject_key UInt64 COMMENT 'sipHash64(subject_kind, subject): below 2^58' CODEC(ZSTD(1)),
    subject String COMMENT 'Id of the customer or company' CODEC(ZSTD(1)),
    name LowCardinality(String) COMMENT 'Name of the event' CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened' CODEC(T64, ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of customer-events' CODEC(ZSTD(1)),
    offset Int64 COMMENT 'Offset in that partition' CODEC(ZSTD(1)),
    attribute_values Map(String, String) COMMENT 'Attributes set by dotted path: each value is JSON text' CODEC(ZSTD(1)),
    properties String COMMENT 'JSON object' CODEC(ZSTD(1)),
    order_id Nullable(String) COMMENT 'Order that the event is about' CODEC(ZSTD(1)),
    order_action LowCardinality(Nullable(String)) COMMENT 'placed, updated, cancelled or refunded' CODEC(ZSTD(1)),
    order_version Nullable(Int64) COMMENT 'Version of the order, where the source numbers them' CODEC(ZSTD(1)),
    order_refund Nullable(Float64) COMMENT 'Amount given back' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (subject_kind, subject_key, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'All events of one customer of 64, rejected ones too. Read it with FINAL.';

CREATE MATERIALIZED VIEW IF NOT EXISTS sampled_events_feed TO sampled_events
COMMENT 'Fills sampled_events.'
AS SELECT subject_kind, sipHash64(subject_kind, subject) AS subject_key, subject, name, occurred_at, kafka_partition, offset, attribute_values, properties, order_id, order_action, order_version, order_refund
FROM customer_events
WHERE bitShiftRight(sipHash64(subject_kind, subject), 58) = 0;

INSERT INTO sampled_events
SELECT subject_kind, sipHash64(subject_kind, subject) AS subject_key, subject, name, occurred_at, kafka_partition, offset, attribute_values, properties, order_id, order_action, order_version, order_refund
FROM customer_events
WHERE bitShiftRight(sipHash64(subject_kind, subject), 58) = 0;
