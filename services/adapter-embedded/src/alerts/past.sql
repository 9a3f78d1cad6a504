-- Alerts that have cleared, once for each time that they fired.
CREATE TABLE past_alerts (
    number               INTEGER PRIMARY KEY,
    rule                 TEXT    NOT NULL,
    series_key           TEXT    NOT NULL,
    source               TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    unit                 TEXT    NOT NULL,
    labels               TEXT    NOT NULL,
    severity             TEXT    NOT NULL,
    fired_at             INTEGER NOT NULL,
    cleared_at           INTEGER NOT NULL,
    value                REAL,
    reason               TEXT    NOT NULL,
    acknowledged_at      INTEGER,
    acknowledged_by      TEXT,
    acknowledged_comment TEXT,
    acknowledged_until   INTEGER,
    UNIQUE (rule, series_key, fired_at)
) STRICT;
CREATE INDEX past_alerts_in_order ON past_alerts (cleared_at, rule, series_key, fired_at);
INSERT INTO past_alerts (rule, series_key, source, name, unit, labels, severity, fired_at, cleared_at, value, reason,
                         acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
    SELECT rule, series_key, source, name, unit, labels, severity, fired_at, cleared_at, value, reason,
           acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until
    FROM alerts WHERE cleared_at IS NOT NULL;

-- Whether a rule is pending for the series; unknown, and so assumed, of what was stored before.
ALTER TABLE memories ADD COLUMN pending INTEGER NOT NULL DEFAULT 1;
CREATE INDEX memories_pending ON memories (series_key) WHERE pending = 1;

-- The alerts that a notification is about, by their short ids.
CREATE TABLE notified_alerts (
    alert  TEXT    NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (alert, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX notified_alerts_by_number ON notified_alerts (number);
CREATE TRIGGER notified_alerts_go_too AFTER DELETE ON notifications BEGIN
    DELETE FROM notified_alerts WHERE number = old.number;
END;
