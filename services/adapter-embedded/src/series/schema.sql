-- `labels` is a JSON object. The index serves queries by name: in it, as in the index of keys, the series of
-- one source are contiguous, because their keys begin with it.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    unit   TEXT NOT NULL,
    labels TEXT NOT NULL
) STRICT;
CREATE INDEX series_by_name ON series (name, key);
