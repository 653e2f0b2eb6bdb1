-- Records that could not be applied, and those of the same key that came after them: their keys wait until all of them were redriven or dropped.
CREATE TABLE IF NOT EXISTS parked_records (
  consumer TEXT NOT NULL,
  record_key TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition_no INT8 NOT NULL,
  record_offset INT8 NOT NULL,
  reason TEXT NOT NULL,
  parked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, record_key, topic, partition_no, record_offset)
);
