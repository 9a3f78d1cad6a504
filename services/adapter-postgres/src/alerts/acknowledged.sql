-- Who works on an alert; `acknowledged_until` is NULL if it holds until the alert clears.
ALTER TABLE alerts ADD COLUMN acknowledged_at timestamptz;
ALTER TABLE alerts ADD COLUMN acknowledged_by text;
ALTER TABLE alerts ADD COLUMN acknowledged_comment text;
ALTER TABLE alerts ADD COLUMN acknowledged_until timestamptz;
