-- A key may be longer than an index takes: what is unique is its digest, and the order begins with
-- `left(key, 512)`. Text compares by its bytes everywhere, as keys do elsewhere.
CREATE FUNCTION digest(text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN sha256(convert_to($1, 'UTF8'));

-- One row that is written to find out whether that can be done.
CREATE TABLE checks (
    id integer     PRIMARY KEY,
    at timestamptz NOT NULL
);

-- How far each consumer has come in storing what it consumes.
CREATE TABLE positions (
    group_name text   COLLATE "C" NOT NULL,
    topic      text   COLLATE "C" NOT NULL,
    partition  bigint NOT NULL,
    next       bigint NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
);

-- When each thing that is done at intervals was last begun.
CREATE TABLE marks (
    owner text        COLLATE "C" NOT NULL,
    name  text        COLLATE "C" NOT NULL,
    at    timestamptz NOT NULL,
    PRIMARY KEY (owner, name)
);
