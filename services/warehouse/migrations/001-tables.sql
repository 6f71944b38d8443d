-- What was on the topics, row by record. A table takes one block an insert: a contiguous range of one Kafka
-- partition within one month, so that a block lies in one table partition and a repeated one is dropped by its token.

CREATE TABLE IF NOT EXISTS customer_events
(
    kafka_partition UInt32 COMMENT 'Partition of customer-events',
    offset Int64 COMMENT 'Offset in that partition',
    appended_at DateTime64(3, 'UTC') COMMENT 'When Kafka took the record',
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    name LowCardinality(String) COMMENT 'Name of the event, such as order.placed',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, as the source says',
    event_id Nullable(String) COMMENT 'Given by clients that may send an event twice',
    source_id LowCardinality(String) COMMENT 'Source that the event came from',
    source_partition Int32 COMMENT 'Partition of that source',
    source_offset Int64 COMMENT 'Offset in that partition',
    ordinal Int32 COMMENT 'Place among the events that one source record gave, from 0',
    ordinal_count Int32 COMMENT 'How many events that source record gave',
    attributes Nullable(String) COMMENT 'JSON object of attributes set; null unsets',
    attribute_values Map(String, String) COMMENT 'The same by dotted path: each value is JSON text',
    properties String COMMENT 'JSON object' CODEC(ZSTD(1)),
    order_id Nullable(String) COMMENT 'Order that the event is about',
    order_action LowCardinality(Nullable(String)) COMMENT 'placed, updated, cancelled or refunded',
    order_version Nullable(Int64) COMMENT 'Version of the order, where the source numbers them',
    order_refund Nullable(Float64) COMMENT 'Amount given back; absent in a refund of the whole order',
    order_total Nullable(Decimal(18, 4)) DEFAULT if(order_id IS NULL, NULL, JSONExtract(properties, 'total', 'Nullable(Decimal(18, 4))')) COMMENT 'Total of the order as this event states it'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (subject_kind, subject, occurred_at, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every event of customer-events. Those that count are in admitted_events.';

CREATE TABLE IF NOT EXISTS control_records
(
    topic LowCardinality(String) COMMENT 'customer-events or segment-changes',
    kafka_partition UInt32 COMMENT 'Partition of the topic',
    offset Int64 COMMENT 'Offset in that partition',
    appended_at DateTime64(3, 'UTC') COMMENT 'When Kafka took the record',
    type LowCardinality(String) COMMENT 'Clock, DefinitionVersion, LoadBegin, LoadEnd, Fence; Unreadable for bytes that do not decode',
    value String COMMENT 'The record as JSON; of an unreadable one its bytes in base64' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (type, topic, kafka_partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What stands between the events: clocks, versions of definitions, loads, fences.';

CREATE TABLE IF NOT EXISTS segment_changes
(
    kafka_partition UInt32 COMMENT 'Partition of segment-changes',
    offset Int64 COMMENT 'Offset in that partition',
    appended_at DateTime64(3, 'UTC') COMMENT 'When Kafka took the record',
    sequence Int64 COMMENT 'Contiguous per partition, from 1',
    epoch Int64 COMMENT 'Epoch of the owner that published it',
    change_id String COMMENT 'partition-sequence',
    subject_kind LowCardinality(String) COMMENT 'customer or company',
    subject String COMMENT 'Id of the customer or company',
    definition_kind LowCardinality(String) COMMENT 'segment or classification',
    definition LowCardinality(String) COMMENT 'Id of the segment or classification',
    definition_version Int64 COMMENT 'Version of the definition that brought it about',
    from_state LowCardinality(Nullable(String)) COMMENT 'in or out; of a classification the category, null at first sight',
    to_state LowCardinality(String) COMMENT 'in or out; of a classification the category',
    effective_at DateTime64(3, 'UTC') COMMENT 'When it became so, in event time',
    detected_at DateTime64(3, 'UTC') COMMENT 'When it was found out, in wall time',
    changes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it would change again with no further event',
    historic Bool COMMENT 'Brought about by history, or told late',
    cause LowCardinality(String) COMMENT 'event, time, late, definition, cuts, merge or erasure',
    cause_event LowCardinality(Nullable(String)) COMMENT 'Name of the event that brought it about',
    cause_offset Int64 COMMENT 'Offset in customer-events of the record that brought it about',
    mark_color Nullable(String) COMMENT 'Color of the mark',
    mark_icon Nullable(String) COMMENT 'Icon of the mark',
    mark_label Nullable(String) COMMENT 'Label of the mark'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (definition, subject_kind, subject, sequence)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every change of a membership, once.';

CREATE TABLE IF NOT EXISTS rejected_events
(
    kafka_partition UInt32 COMMENT 'Partition of rejected-events',
    offset Int64 COMMENT 'Offset in that partition',
    appended_at DateTime64(3, 'UTC') COMMENT 'When the record was written',
    event_partition UInt32 COMMENT 'Partition in customer-events of the event that is not admitted',
    event_offset Int64 COMMENT 'Its offset there',
    source_id LowCardinality(String) COMMENT 'Source that the event came from',
    source_partition Int32 COMMENT 'Partition of that source',
    source_offset Int64 COMMENT 'Offset in that partition',
    ordinal Int32 COMMENT 'Place among the events that one source record gave, from 0',
    reason LowCardinality(String) COMMENT 'Why it is not admitted'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(appended_at)
ORDER BY (event_partition, event_offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Events of customer-events that do not count. A rejection may be told more than once.';
