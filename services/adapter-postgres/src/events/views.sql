
-- Views for people and reports. Each is skipped if the schema already has a table of its name.
CREATE FUNCTION event_level(smallint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (ARRAY['unknown', 'trace', 'debug', 'info', 'notice', 'warn', 'error', 'critical', 'alert',
                  'emergency'])[$1 + 1];
COMMENT ON FUNCTION event_level(smallint) IS 'The name of a level by its number, 0 to 9';

DO $$
BEGIN
    IF to_regclass(quote_ident(current_schema()) || '.events') IS NULL THEN
        CREATE VIEW events AS
        SELECT row.at AS "time", event_level(row.level) AS level, row.level AS severity, service.name AS service,
               host.name AS host, row.message, row.fields, row.id
        FROM event_rows row
            JOIN event_services service ON service.id = row.service_id
            JOIN event_hosts host ON host.id = row.host_id;
        COMMENT ON VIEW events IS 'What services, devices and hosts said';
        COMMENT ON COLUMN events."time" IS 'When it happened, by the clock of its origin';
        COMMENT ON COLUMN events.level IS
            'unknown, trace, debug, info, notice, warn, error, critical, alert or emergency';
        COMMENT ON COLUMN events.severity IS 'The level as a number from 0 (unknown) to 9 (emergency), to compare';
        COMMENT ON COLUMN events.service IS 'The service that said it; empty if unknown';
        COMMENT ON COLUMN events.host IS 'The host that said it; empty if unknown';
        COMMENT ON COLUMN events.message IS 'What it said; may have several lines, or be empty';
        COMMENT ON COLUMN events.fields IS 'Everything else that it said, as a JSON object';
        COMMENT ON COLUMN events.id IS 'Its identity';
    END IF;
    IF to_regclass(quote_ident(current_schema()) || '.event_counts') IS NULL THEN
        CREATE VIEW event_counts AS
        SELECT minute AS "time", name, service, event_level(level) AS level, level AS severity, labels, events
        FROM event_minutes;
        COMMENT ON VIEW event_counts IS
            'How many events there were in each minute; kept when the events of a service or a level are pruned';
        COMMENT ON COLUMN event_counts."time" IS 'The start of the minute in which they occurred';
        COMMENT ON COLUMN event_counts.name IS '''events'' for all events, or the name of a count of a pipeline';
        COMMENT ON COLUMN event_counts.service IS 'Their service; empty if unknown';
        COMMENT ON COLUMN event_counts.level IS 'Their level, as in events';
        COMMENT ON COLUMN event_counts.severity IS 'The level as a number from 0 (unknown) to 9 (emergency)';
        COMMENT ON COLUMN event_counts.labels IS 'The values of the fields by which a pipeline counts them';
        COMMENT ON COLUMN event_counts.events IS 'How many there were';
    END IF;
    IF to_regclass(quote_ident(current_schema()) || '.sample_values') IS NULL THEN
        CREATE VIEW sample_values AS
        SELECT sample.at AS "time", series.source, series.name, series.unit, series.labels, sample.value, sample.note
        FROM samples sample JOIN series ON series.id = sample.series_id;
        COMMENT ON VIEW sample_values IS 'What was measured';
        COMMENT ON COLUMN sample_values."time" IS 'When it was measured';
        COMMENT ON COLUMN sample_values.source IS 'What measured it';
        COMMENT ON COLUMN sample_values.name IS 'The name of the series';
        COMMENT ON COLUMN sample_values.unit IS 'Its unit; may be empty';
        COMMENT ON COLUMN sample_values.labels IS 'Its labels, an object of texts';
        COMMENT ON COLUMN sample_values.value IS 'The value';
        COMMENT ON COLUMN sample_values.note IS 'What the source says about the value, if anything';
    END IF;
END
$$;
