-- Alerts, each with its complete series, which every reader of alerts needs.
CREATE TABLE alerts (
    rule       TEXT    NOT NULL,
    series_key TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    labels     TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    fired_at   INTEGER NOT NULL,
    cleared_at INTEGER,
    value      REAL,
    reason     TEXT    NOT NULL,
    PRIMARY KEY (rule, series_key)
) STRICT, WITHOUT ROWID;

-- Evaluator state; `evaluation` is the number of the evaluation that stored it.
CREATE TABLE memories (
    topic      TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    series_key TEXT    NOT NULL,
    evaluation INTEGER NOT NULL,
    state      BLOB    NOT NULL,
    PRIMARY KEY (topic, partition, series_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX memories_by_series ON memories (series_key);

-- Groups of alerts; `version` is the number of the plan that stored it.
CREATE TABLE groups (
    key     TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    state   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox. `state` is `waiting`, `delivered` or `given up`; `at` is when the next attempt is due, or when
-- the notification was settled; `reason` is the error of the last attempt, or why it was given up.
CREATE TABLE notifications (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    group_name TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    made_at    INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    reason     TEXT
) STRICT;
CREATE INDEX notifications_by_state ON notifications (state, at);
CREATE INDEX notifications_by_age ON notifications (made_at);
CREATE INDEX notifications_in_turn ON notifications (group_name, recipient, channel, number)
    WHERE state = 'waiting';

-- `matchers` is a JSON array of matchers as text.
CREATE TABLE silences (
    id         TEXT    PRIMARY KEY,
    matchers   TEXT    NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    comment    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX silences_by_end ON silences (ends_at, id);

-- Counters.
CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
