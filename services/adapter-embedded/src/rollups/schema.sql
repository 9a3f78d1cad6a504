-- `window` is `hour` or `day`, `start` is in microseconds since the epoch. Windows of one length are
-- contiguous, series by series: a query has one length.
CREATE TABLE rollups (
    series_id INTEGER NOT NULL,
    window    TEXT    NOT NULL,
    start     INTEGER NOT NULL,
    avg       REAL    NOT NULL,
    min       REAL    NOT NULL,
    max       REAL    NOT NULL,
    count     INTEGER NOT NULL,
    p95       REAL    NOT NULL,
    PRIMARY KEY (series_id, window, start)
) STRICT, WITHOUT ROWID;

-- Progress of rollup passes.
CREATE TABLE passes (
    name       TEXT    PRIMARY KEY,
    made_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
