
-- Alerts, each with its complete series, which every reader of alerts needs.
CREATE TABLE alerts (
    rule       text        COLLATE "C" NOT NULL,
    series_key text        COLLATE "C" NOT NULL,
    source     text        COLLATE "C" NOT NULL,
    name       text        COLLATE "C" NOT NULL,
    unit       text        COLLATE "C" NOT NULL,
    labels     jsonb       NOT NULL,
    severity   text        COLLATE "C" NOT NULL,
    fired_at   timestamptz NOT NULL,
    cleared_at timestamptz,
    value      double precision,
    reason     text        COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX alerts_by_key ON alerts (rule, digest(series_key));
CREATE INDEX alerts_in_order ON alerts (rule, left(series_key, 512));

-- Evaluator state; `evaluation` is the number of the evaluation that stored it.
CREATE TABLE memories (
    topic      text   COLLATE "C" NOT NULL,
    partition  bigint NOT NULL,
    series_key text   COLLATE "C" NOT NULL,
    evaluation bigint NOT NULL,
    state      bytea  NOT NULL
);
CREATE UNIQUE INDEX memories_by_series ON memories (digest(series_key), topic, partition);
CREATE INDEX memories_in_order ON memories (topic, partition, left(series_key, 512));
CREATE SEQUENCE evaluations;
