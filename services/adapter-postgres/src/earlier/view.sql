-- Samples in the shape of the previous platform, for readers of its table `metrics`. Skipped if the schema
-- already has a table of that name.
--
-- Rows have no id of their own; storing one would cost eight bytes each, so `id` is computed from series and
-- instant. A large step between series (2^63 times the golden ratio) keeps their instants apart, so that no
-- two rows have the same id as long as series times years are below 130,000: 10,000 series in 13 years.
-- Numeric, because a product of bigint would be out of range.
DO $$
BEGIN
    IF to_regclass(quote_ident(current_schema()) || '.metrics') IS NULL THEN
        CREATE VIEW metrics AS
        SELECT mod(series_id * 5700357409661599243::numeric + extract(epoch FROM at) * 1000000,
                   9223372036854775808)::bigint AS id,
               source, name, value, labels, at AS collected_at
        FROM samples JOIN series ON series.id = series_id;
    END IF;
END
$$;
