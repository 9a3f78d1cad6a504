-- Who works on an alert; `acknowledged_until` is NULL if it holds until the alert clears.
ALTER TABLE alerts ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE alerts ADD COLUMN acknowledged_by TEXT;
ALTER TABLE alerts ADD COLUMN acknowledged_comment TEXT;
ALTER TABLE alerts ADD COLUMN acknowledged_until INTEGER;
