
-- The names of services and hosts; never removed, so that programs may keep their numbers.
CREATE TABLE event_services (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text    COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE event_hosts (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text    COLLATE "C" NOT NULL UNIQUE
);

-- A partition holds the events of one day (UTC), and is called `event_rows_` and the day. `level` is from 0, unknown,
-- to 9, emergency.
CREATE TABLE event_rows (
    at         timestamptz NOT NULL,
    id         uuid        NOT NULL,
    level      smallint    NOT NULL,
    service_id integer     NOT NULL,
    host_id    integer     NOT NULL,
    message    text        COLLATE "C" NOT NULL,
    fields     jsonb       NOT NULL,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
-- The last lines of a service.
CREATE INDEX event_rows_of_service ON event_rows (service_id, at);
-- Warnings and worse are few, and asked for most: those of all services, and their numbers without reading a row.
CREATE INDEX event_rows_severe ON event_rows (at, level, service_id) WHERE level >= 5;

-- The ids that producers gave: an event that is sent again may come with another time. Rows are added by time, more or
-- less, so that an index of a few pages finds the old ones.
CREATE TABLE event_ids (
    id uuid        PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX event_ids_by_time ON event_ids USING brin (at);

-- Numbers of events by minute. `key` is a digest of name, service, level and labels. Rows change often, within a page.
CREATE TABLE event_minutes (
    minute  timestamptz NOT NULL,
    key     uuid        NOT NULL,
    name    text        COLLATE "C" NOT NULL,
    service text        COLLATE "C" NOT NULL,
    level   smallint    NOT NULL,
    labels  jsonb       NOT NULL,
    events  bigint      NOT NULL,
    PRIMARY KEY (minute, key)
) WITH (fillfactor = 70);
