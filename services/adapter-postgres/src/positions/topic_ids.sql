-- A position refers to one topic, not to a name that another topic may get. Older ones have no ID.
ALTER TABLE positions ADD COLUMN topic_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE positions ALTER COLUMN topic_id DROP DEFAULT;
ALTER TABLE positions DROP CONSTRAINT positions_pkey;
ALTER TABLE positions ADD PRIMARY KEY (group_name, topic, partition, topic_id);
