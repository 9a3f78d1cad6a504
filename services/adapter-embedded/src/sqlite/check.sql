-- One row that is written to find out whether the file can be.
CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
