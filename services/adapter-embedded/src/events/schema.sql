-- Services and hosts, with the number of their events: those without any are removed.
CREATE TABLE services (
    id     INTEGER PRIMARY KEY,
    name   TEXT    NOT NULL UNIQUE,
    events INTEGER NOT NULL
) STRICT;
CREATE TABLE hosts (
    id     INTEGER PRIMARY KEY,
    name   TEXT    NOT NULL UNIQUE,
    events INTEGER NOT NULL
) STRICT;

-- Times are in microseconds; ids are UUIDs, whose bytes sort as they do; levels are 0 (unknown) to 9 (emergency).
CREATE TABLE events (
    row     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    id      BLOB    NOT NULL,
    level   INTEGER NOT NULL,
    service INTEGER NOT NULL,
    host    INTEGER NOT NULL,
    message TEXT    NOT NULL,
    fields  TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (id);
-- Each has everything that decides whether the event itself must be read.
CREATE INDEX events_by_time ON events (at, id, level, service, host);
CREATE INDEX events_by_service ON events (service, at, id, level, host);
-- From warnings on: these are few, and asked for most.
CREATE INDEX events_severe ON events (at, id, level, service, host) WHERE level >= 5;

-- Events per minute, in which they occurred. Labels are a JSON object.
CREATE TABLE count_keys (
    id      INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL,
    service TEXT    NOT NULL,
    level   INTEGER NOT NULL,
    labels  TEXT    NOT NULL,
    UNIQUE (name, service, level, labels)
) STRICT;
CREATE TABLE counts (
    key    INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (key, minute)
) STRICT, WITHOUT ROWID;
