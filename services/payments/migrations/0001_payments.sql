-- One row per payment; payment_id is the order id. Amounts are minor units of `currency`, which is empty in a tombstone.
CREATE TABLE IF NOT EXISTS payments (
  payment_id UUID PRIMARY KEY,
  customer_id TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INT8 NOT NULL,
  status TEXT NOT NULL,
  captured INT8 NOT NULL,
  refunded INT8 NOT NULL,
  provider_id TEXT NOT NULL,
  decline_code TEXT NOT NULL,
  challenge_url TEXT NOT NULL,
  unknown BOOL NOT NULL,
  void_requested BOOL NOT NULL,
  has_refunds BOOL NOT NULL,
  -- What the provider owes us an answer to: 0 nothing, 1 authorize, 2 capture, 3 cancel, 4 the customer's challenge.
  operation INT8 NOT NULL,
  operation_key TEXT NOT NULL,
  operation_number INT8 NOT NULL,
  attempts INT8 NOT NULL,
  operation_started_at TIMESTAMPTZ,
  next_attempt_at TIMESTAMPTZ,
  version INT8 NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (refunded >= 0 AND refunded <= captured AND captured <= amount)
);
-- What the sweep looks for: only payments that wait for the provider are in it.
CREATE INDEX IF NOT EXISTS payments_due ON payments (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
-- Webhooks that carry no order id, and those that came too early.
CREATE INDEX IF NOT EXISTS payments_provider_id ON payments (provider_id) WHERE provider_id <> '';

CREATE TABLE IF NOT EXISTS refunds (
  payment_id UUID NOT NULL,
  refund_id TEXT NOT NULL,
  amount INT8 NOT NULL,
  status TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  provider_key TEXT NOT NULL,
  attempts INT8 NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  next_attempt_at TIMESTAMPTZ,
  PRIMARY KEY (payment_id, refund_id)
);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- Double entry: the amounts of one cause sum to zero; above 0 is a debit. The key makes booking twice impossible.
CREATE TABLE IF NOT EXISTS ledger_entries (
  cause TEXT NOT NULL,
  account TEXT NOT NULL,
  payment_id UUID NOT NULL,
  currency TEXT NOT NULL,
  amount INT8 NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (cause, account)
);

-- Signed webhooks about intents that no payment of ours is known to have yet.
CREATE TABLE IF NOT EXISTS parked_webhooks (
  event_id TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL,
  payment_id UUID,
  body BYTEA NOT NULL,
  received_at TIMESTAMPTZ NOT NULL
);
