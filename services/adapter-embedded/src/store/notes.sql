-- What the source says about the value, such as why a probe failed. A row without one takes a byte more.
ALTER TABLE samples ADD COLUMN note TEXT;
