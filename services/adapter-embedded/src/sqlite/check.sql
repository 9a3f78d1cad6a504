-- One row, written to find out whether the file accepts writes.
CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
