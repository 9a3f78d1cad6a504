-- A position refers to one topic, not to a name that another topic may get. Older ones have no ID.
ALTER TABLE positions RENAME TO positions_by_name;
CREATE TABLE positions (
    group_name TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    topic_id   TEXT    NOT NULL,
    next       INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic, partition, topic_id)
) STRICT, WITHOUT ROWID;
INSERT INTO positions SELECT group_name, topic, partition, '', next FROM positions_by_name;
DROP TABLE positions_by_name;
