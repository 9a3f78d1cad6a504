-- What the source says about the value, such as why a probe failed. A row without one takes no more space. As `text`
-- it would need a TOAST table for each partition.
ALTER TABLE samples ADD COLUMN note character varying(256) COLLATE "C";
