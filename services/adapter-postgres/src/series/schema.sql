
-- Series. `labels` is an object of strings.
CREATE TABLE series (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text   COLLATE "C" NOT NULL,
    name   text   COLLATE "C" NOT NULL,
    unit   text   COLLATE "C" NOT NULL,
    labels jsonb  NOT NULL,
    key    text   COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX series_by_key ON series (digest(key));
CREATE INDEX series_in_order ON series (left(key, 512));
CREATE INDEX series_by_name ON series (name, left(key, 512));

-- How often series were removed: cached series ids are stale when this has changed.
CREATE SEQUENCE series_removals;
