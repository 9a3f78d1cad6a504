-- Identifies a topic's log: it changes when the file was lost and created again.
ALTER TABLE topics ADD COLUMN topic_id TEXT NOT NULL DEFAULT '';
UPDATE topics SET topic_id = lower(hex(randomblob(16)));
