-- What people announce on status pages. The four arrays of updates have the same length, `update_count`. `ends_at` is
-- NULL while nobody knows it; both `planned` columns are NULL unless it is maintenance.
CREATE TABLE incidents (
    id            text          COLLATE "C" PRIMARY KEY,
    title         text          COLLATE "C" NOT NULL,
    pages         text[]        COLLATE "C" NOT NULL,
    affected      text[]        COLLATE "C" NOT NULL,
    planned_from  timestamptz,
    planned_until timestamptz,
    updated_at    timestamptz[] NOT NULL,
    statuses      text[]        COLLATE "C" NOT NULL,
    texts         text[]        COLLATE "C" NOT NULL,
    authors       text[]        COLLATE "C" NOT NULL,
    update_count  bigint        NOT NULL,
    ends_at       timestamptz
);
CREATE INDEX incidents_by_end ON incidents (ends_at);
