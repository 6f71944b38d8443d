-- A total that no amount of money has (1e308) is none: it had kept its whole block out of the archive.

ALTER TABLE customer_events
    MODIFY COLUMN order_total Nullable(Decimal(18, 4)) DEFAULT if(order_id IS NULL, NULL, accurateCastOrNull(round(JSONExtract(properties, 'total', 'Nullable(Float64)'), 4), 'Decimal(18, 4)'));
