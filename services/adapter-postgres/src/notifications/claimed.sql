-- Whether `at` is the end of a lease: what is being sent is neither superseded nor made due.
ALTER TABLE notifications ADD COLUMN claimed boolean NOT NULL DEFAULT false;
