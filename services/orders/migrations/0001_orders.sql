-- One row per order: what it asked for (written once) and where its saga stands. No column that changes often is indexed, so that
-- an update touches no index: sweep_at follows deadline_at lazily (see adapters/statements.hpp).
CREATE TABLE orders (
  order_id UUID PRIMARY KEY,
  customer_id TEXT NOT NULL,
  email TEXT NOT NULL,
  currency TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  ship_to BYTEA NOT NULL,
  request_hash TEXT NOT NULL,
  total_minor INT8 NOT NULL,
  placed_at TIMESTAMPTZ NOT NULL,
  phase TEXT NOT NULL DEFAULT 'RESERVING',
  status TEXT NOT NULL DEFAULT 'PENDING',
  reason TEXT NOT NULL DEFAULT '',
  reason_detail TEXT NOT NULL DEFAULT '',
  stock TEXT NOT NULL DEFAULT 'ASKED',
  payment TEXT NOT NULL DEFAULT 'NONE',
  shipment TEXT NOT NULL DEFAULT 'NONE',
  pending INT8 NOT NULL DEFAULT 0,
  cancel_requested BOOL NOT NULL DEFAULT false,
  confirmed BOOL NOT NULL DEFAULT false,
  answer INT8 NOT NULL,
  captured_minor INT8 NOT NULL DEFAULT 0,
  refunded_minor INT8 NOT NULL DEFAULT 0,
  version INT8 NOT NULL,
  timeline_length INT8 NOT NULL,
  attempts INT8 NOT NULL DEFAULT 0,
  refund_attempts INT8 NOT NULL DEFAULT 0,
  deadline_at TIMESTAMPTZ,
  give_up_at TIMESTAMPTZ,
  decided_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ NOT NULL,
  tracking_code TEXT NOT NULL DEFAULT '',
  challenge_url TEXT NOT NULL DEFAULT '',
  open_return TEXT NOT NULL DEFAULT '',
  returned TEXT NOT NULL DEFAULT '',
  sweep_at TIMESTAMPTZ,
  CHECK (captured_minor >= 0 AND refunded_minor >= 0 AND refunded_minor <= captured_minor AND captured_minor <= total_minor)
) WITH (fillfactor = 50);

CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC, order_id DESC);
CREATE INDEX orders_to_sweep ON orders (sweep_at) WHERE sweep_at IS NOT NULL;

CREATE TABLE order_lines (
  order_id UUID NOT NULL,
  line_no INT8 NOT NULL,
  sku TEXT NOT NULL,
  quantity INT8 NOT NULL CHECK (quantity > 0),
  unit_price_minor INT8 NOT NULL CHECK (unit_price_minor > 0),
  PRIMARY KEY (order_id, line_no)
);

CREATE TABLE order_timeline (
  order_id UUID NOT NULL,
  sequence INT8 NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  step TEXT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (order_id, sequence)
);

-- The shop's prices, as products.product.events.v1 told them.
CREATE TABLE prices (
  sku TEXT PRIMARY KEY,
  price_minor INT8 NOT NULL,
  currency TEXT NOT NULL,
  version INT8 NOT NULL,
  deleted BOOL NOT NULL
);

-- Idempotency keys of cancels and returns with their answers. A PlaceOrder needs none: its order is the record.
CREATE TABLE call_keys (
  key_id UUID PRIMARY KEY,
  order_id UUID NOT NULL,
  request_hash TEXT NOT NULL,
  answer BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
