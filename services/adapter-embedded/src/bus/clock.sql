-- One row: what was seen of the clock by which records leave.
CREATE TABLE clock (
    id            INTEGER PRIMARY KEY,
    believed      INTEGER NOT NULL,
    doubted_since INTEGER,
    doubted_until INTEGER
) STRICT;
