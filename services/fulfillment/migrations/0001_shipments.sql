-- One row per parcel. shipment_id is the order id.
CREATE TABLE IF NOT EXISTS shipments (
  shipment_id UUID PRIMARY KEY,
  status TEXT NOT NULL,
  version INT8 NOT NULL,
  stations INT8 NOT NULL,
  refusal TEXT NOT NULL,
  tracking_code TEXT UNIQUE,
  deliver_after_ms INT8 NOT NULL,
  gets_lost BOOL NOT NULL,
  lines BYTEA NOT NULL,
  ship_to BYTEA NOT NULL,
  created_at TIMESTAMPTZ,
  dispatched_at TIMESTAMPTZ,
  ended_at TIMESTAMPTZ,
  next_step_at TIMESTAMPTZ
);
-- What the carrier's sweep looks for.
CREATE INDEX IF NOT EXISTS shipments_next_step ON shipments (next_step_at) WHERE next_step_at IS NOT NULL;

-- The stations of a parcel, numbered from 1.
CREATE TABLE IF NOT EXISTS tracking (
  shipment_id UUID NOT NULL,
  sequence INT8 NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (shipment_id, sequence)
);

-- Goods expected back. due_at is empty once they came.
CREATE TABLE IF NOT EXISTS returns (
  shipment_id UUID NOT NULL,
  return_id TEXT NOT NULL,
  lines BYTEA NOT NULL,
  due_at TIMESTAMPTZ,
  received_at TIMESTAMPTZ,
  PRIMARY KEY (shipment_id, return_id)
);
CREATE INDEX IF NOT EXISTS returns_due ON returns (due_at) WHERE due_at IS NOT NULL;
