-- One row: the checks of the clock for retention.
CREATE TABLE clock (
    id            INTEGER PRIMARY KEY,
    believed      INTEGER NOT NULL,
    doubted_since INTEGER,
    doubted_until INTEGER
) STRICT;
