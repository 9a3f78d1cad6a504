-- A position is about one topic, not about a name that another topic may get. Those from before have no ID.
ALTER TABLE positions ADD COLUMN topic_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE positions ALTER COLUMN topic_id DROP DEFAULT;
ALTER TABLE positions DROP CONSTRAINT positions_pkey;
ALTER TABLE positions ADD PRIMARY KEY (group_name, topic, partition, topic_id);
