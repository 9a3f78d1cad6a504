-- A key may be too long for an index: its digest is what is unique, and the order begins with `left(key,
-- 512)`. Text compares by its bytes everywhere, as keys do elsewhere.
CREATE FUNCTION digest(text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN sha256(convert_to($1, 'UTF8'));

-- One row, written to find out whether the database accepts writes.
CREATE TABLE checks (
    id integer     PRIMARY KEY,
    at timestamptz NOT NULL
);

-- Consumer positions.
CREATE TABLE positions (
    group_name text   COLLATE "C" NOT NULL,
    topic      text   COLLATE "C" NOT NULL,
    partition  bigint NOT NULL,
    next       bigint NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
);

-- When periodic jobs last began.
CREATE TABLE marks (
    owner text        COLLATE "C" NOT NULL,
    name  text        COLLATE "C" NOT NULL,
    at    timestamptz NOT NULL,
    PRIMARY KEY (owner, name)
);
