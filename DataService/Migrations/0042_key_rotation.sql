-- When nothing is encrypted under a key any more. Kept all the same: backups may need it.
ALTER TABLE organisation_keys ADD COLUMN retire_time timestamptz;
