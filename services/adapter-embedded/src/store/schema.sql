-- `labels` is a JSON object. The index serves questions that give a name: in it, as in the index of
-- keys, the series of one source lie together, because their keys begin with it.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    unit   TEXT NOT NULL,
    labels TEXT NOT NULL
) STRICT;
CREATE INDEX series_by_name ON series (name, key);

CREATE TABLE samples (
    series_id INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    value     REAL    NOT NULL,
    PRIMARY KEY (series_id, at)
) STRICT, WITHOUT ROWID;

-- How far each consumer has come in storing what it consumes.
CREATE TABLE positions (
    group_name TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    owner TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;

-- One row that is written to find out whether the store can be.
CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
