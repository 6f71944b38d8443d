-- A total that no amount of money has (1e308) is none: it had kept its whole block out of the archive. By its digits: a
-- floating-point number that is cast loses the last one (12.3456 became 12.3455).

ALTER TABLE customer_events
    MODIFY COLUMN order_total Nullable(Decimal(18, 4)) DEFAULT if(order_id IS NULL, NULL, toDecimal64OrNull(toString(round(JSONExtract(properties, 'total', 'Nullable(Float64)'), 4)), 4));
