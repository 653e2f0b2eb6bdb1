-- Records in which we and the provider disagree, and what is done about them.
CREATE TABLE IF NOT EXISTS reconciliation_findings (
  finding_id UUID PRIMARY KEY,
  payment_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  resolution TEXT NOT NULL,
  reason TEXT NOT NULL,
  first_seen TIMESTAMPTZ NOT NULL,
  last_seen TIMESTAMPTZ NOT NULL,
  decided_by TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS reconciliation_findings_seen ON reconciliation_findings (last_seen);

-- One row: when an instance may run the reconciliation by itself again, and how far the last run came.
CREATE TABLE IF NOT EXISTS reconciliation_turn (
  id INT8 PRIMARY KEY,
  next_at TIMESTAMPTZ NOT NULL,
  covered_until TIMESTAMPTZ
);
INSERT INTO reconciliation_turn (id, next_at, covered_until) VALUES (1, '1970-01-01T00:00:00Z', NULL) ON CONFLICT (id) DO NOTHING;
