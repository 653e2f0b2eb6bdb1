-- State and events in one transaction (outbox); effect and message id in one transaction (inbox).
-- Included by every service that publishes or consumes. Valid for PostgreSQL 15 and CockroachDB.
CREATE TABLE IF NOT EXISTS outbox (
  id UUID PRIMARY KEY,
  topic TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  aggregate_version INT8 NOT NULL,
  payload BYTEA NOT NULL,
  headers TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS inbox (
  consumer TEXT NOT NULL,
  message_id UUID NOT NULL,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);

CREATE INDEX IF NOT EXISTS inbox_received_at ON inbox (received_at);
