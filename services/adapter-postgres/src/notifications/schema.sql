
-- Groups of alerts; `version` is the number of the plan that stored it.
CREATE TABLE groups (
    key     text   COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    state   bytea  NOT NULL
);
CREATE UNIQUE INDEX groups_by_key ON groups (digest(key));
CREATE SEQUENCE plans;

-- The outbox. `state` is `waiting`, `delivered` or `given up`; `at` is when the next attempt is due, or when
-- the notification was settled; `reason` is the error of the last attempt, or why it was given up.
CREATE TABLE notifications (
    number     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         text        COLLATE "C" NOT NULL UNIQUE,
    group_name text        COLLATE "C" NOT NULL,
    channel    text        COLLATE "C" NOT NULL,
    recipient  text        COLLATE "C" NOT NULL,
    subject    text        COLLATE "C" NOT NULL,
    body       text        COLLATE "C" NOT NULL,
    made_at    timestamptz NOT NULL,
    state      text        COLLATE "C" NOT NULL,
    attempts   bigint      NOT NULL,
    at         timestamptz NOT NULL,
    reason     text        COLLATE "C"
);
CREATE INDEX notifications_by_state ON notifications (state, at, number);
CREATE INDEX notifications_in_turn ON notifications (digest(group_name), digest(recipient), channel, number)
    WHERE state = 'waiting';
CREATE INDEX notifications_by_age ON notifications (made_at, number);

-- `matchers` are in text form.
CREATE TABLE silences (
    id         text        COLLATE "C" PRIMARY KEY,
    matchers   text[]      COLLATE "C" NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    created_by text        COLLATE "C" NOT NULL,
    comment    text        COLLATE "C" NOT NULL
);
CREATE INDEX silences_by_end ON silences (ends_at, id);
