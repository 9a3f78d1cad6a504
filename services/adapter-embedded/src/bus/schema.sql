-- A topic is one partition. `bytes` is the sum of its batches' frames.
CREATE TABLE topics (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    earliest INTEGER NOT NULL DEFAULT 0,
    end      INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A row has many records: offsets base, base + 1, … base + count - 1.
CREATE TABLE batches (
    id          INTEGER PRIMARY KEY,
    topic_id    INTEGER NOT NULL,
    base        INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    appended_at INTEGER NOT NULL,
    unpacked    INTEGER NOT NULL,
    frames      BLOB    NOT NULL,
    UNIQUE (topic_id, base)
) STRICT;

-- `seen_at`: when the group last joined or committed, or was seen to have a member with the partition.
CREATE TABLE positions (
    topic_id   INTEGER NOT NULL,
    group_name TEXT    NOT NULL,
    next       INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (topic_id, group_name)
) STRICT, WITHOUT ROWID;
