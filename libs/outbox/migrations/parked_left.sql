-- When a record was applied or given up: then nothing waits behind it, and a replay does not park it again.
ALTER TABLE parked_records ADD COLUMN IF NOT EXISTS left_at TIMESTAMPTZ;
