-- The views of reports, with the columns that they have on PostgreSQL. Times are UTC, as SQLite's functions of dates write
-- them; `micros`, microseconds since 1970, is in the indexes.
CREATE TEMP VIEW events AS
SELECT strftime('%Y-%m-%d %H:%M:%S', event.at / 1000000, 'unixepoch')
           || printf('.%06d', event.at % 1000000) AS time,
       CASE event.level WHEN 0 THEN 'unknown' WHEN 1 THEN 'trace' WHEN 2 THEN 'debug' WHEN 3 THEN 'info'
           WHEN 4 THEN 'notice' WHEN 5 THEN 'warn' WHEN 6 THEN 'error' WHEN 7 THEN 'critical' WHEN 8 THEN 'alert'
           ELSE 'emergency' END AS level,
       event.level AS severity,
       service.name AS service,
       host.name AS host,
       event.message AS message,
       event.fields AS fields,
       lower(substr(hex(event.id), 1, 8) || '-' || substr(hex(event.id), 9, 4) || '-' || substr(hex(event.id), 13, 4)
           || '-' || substr(hex(event.id), 17, 4) || '-' || substr(hex(event.id), 21)) AS id,
       event.at AS micros
FROM main.events event
    JOIN main.services service ON service.id = event.service
    JOIN main.hosts host ON host.id = event.host;

CREATE TEMP VIEW event_counts AS
SELECT strftime('%Y-%m-%d %H:%M:%S', counted.minute / 1000000, 'unixepoch') AS time,
       key.name AS name,
       key.service AS service,
       CASE key.level WHEN 0 THEN 'unknown' WHEN 1 THEN 'trace' WHEN 2 THEN 'debug' WHEN 3 THEN 'info'
           WHEN 4 THEN 'notice' WHEN 5 THEN 'warn' WHEN 6 THEN 'error' WHEN 7 THEN 'critical' WHEN 8 THEN 'alert'
           ELSE 'emergency' END AS level,
       key.level AS severity,
       key.labels AS labels,
       counted.events AS events,
       counted.minute AS micros
FROM main.counts counted JOIN main.count_keys key ON key.id = counted.key;

CREATE TEMP VIEW sample_values AS
SELECT strftime('%Y-%m-%d %H:%M:%S', sample.at / 1000000, 'unixepoch')
           || printf('.%06d', sample.at % 1000000) AS time,
       series.source AS source,
       series.name AS name,
       series.unit AS unit,
       series.labels AS labels,
       sample.value AS value,
       sample.note AS note,
       sample.at AS micros
FROM store.samples sample JOIN store.series series ON series.id = sample.series_id;
