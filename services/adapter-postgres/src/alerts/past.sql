-- Alerts that have cleared, once for each time that they fired.
CREATE TABLE past_alerts (
    number               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule                 text        COLLATE "C" NOT NULL,
    series_key           text        COLLATE "C" NOT NULL,
    source               text        COLLATE "C" NOT NULL,
    name                 text        COLLATE "C" NOT NULL,
    unit                 text        COLLATE "C" NOT NULL,
    labels               jsonb       NOT NULL,
    severity             text        COLLATE "C" NOT NULL,
    fired_at             timestamptz NOT NULL,
    cleared_at           timestamptz NOT NULL,
    value                double precision,
    reason               text        COLLATE "C" NOT NULL,
    acknowledged_at      timestamptz,
    acknowledged_by      text,
    acknowledged_comment text,
    acknowledged_until   timestamptz
);
CREATE UNIQUE INDEX past_alerts_by_key ON past_alerts (rule, digest(series_key), fired_at);
CREATE INDEX past_alerts_in_order ON past_alerts (cleared_at);
INSERT INTO past_alerts (rule, series_key, source, name, unit, labels, severity, fired_at, cleared_at, value, reason,
                         acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
    SELECT rule, series_key, source, name, unit, labels, severity, fired_at, cleared_at, value, reason,
           acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until
    FROM alerts WHERE cleared_at IS NOT NULL;

-- Whether a rule is pending for the series; unknown, and so assumed, of what was stored before.
ALTER TABLE memories ADD COLUMN pending boolean NOT NULL DEFAULT true;
CREATE INDEX memories_pending ON memories (left(series_key, 512)) WHERE pending;

-- The alerts that a notification is about, by their short ids.
CREATE TABLE notified_alerts (
    alert  text   COLLATE "C" NOT NULL,
    number bigint NOT NULL REFERENCES notifications (number) ON DELETE CASCADE,
    PRIMARY KEY (alert, number)
);
CREATE INDEX notified_alerts_by_number ON notified_alerts (number);
