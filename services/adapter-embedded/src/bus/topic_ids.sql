-- Which log a topic is: another one when the file was lost and made anew.
ALTER TABLE topics ADD COLUMN topic_id TEXT NOT NULL DEFAULT '';
UPDATE topics SET topic_id = lower(hex(randomblob(16)));
