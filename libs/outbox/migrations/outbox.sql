-- State and events in one transaction (outbox); effect and message id in one transaction (inbox).
-- Included by every service that publishes or consumes. Valid for PostgreSQL 15 and CockroachDB.

-- The primary key is the order in which the sweep publishes: no second index, no sort.
CREATE TABLE IF NOT EXISTS outbox (
  id UUID NOT NULL,
  topic TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  aggregate_version INT8 NOT NULL,
  payload BYTEA NOT NULL,
  headers TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (aggregate_id, aggregate_version, id)
);

CREATE TABLE IF NOT EXISTS inbox (
  consumer TEXT NOT NULL,
  message_id UUID NOT NULL,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);
