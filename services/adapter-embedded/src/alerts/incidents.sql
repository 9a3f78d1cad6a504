-- What people announce on status pages. `pages` and `affected` are JSON arrays of texts, `updates` is one of
-- [microseconds, status, text, by]; `update_count` is its length. `ends_at` is NULL while nobody knows it; both
-- `planned` columns are NULL unless it is maintenance.
CREATE TABLE incidents (
    id             TEXT    PRIMARY KEY,
    title          TEXT    NOT NULL,
    pages          TEXT    NOT NULL,
    affected       TEXT    NOT NULL,
    planned_from   INTEGER,
    planned_until  INTEGER,
    updates        TEXT    NOT NULL,
    update_count   INTEGER NOT NULL,
    ends_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX incidents_by_end ON incidents (ends_at);
