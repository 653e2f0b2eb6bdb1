-- Once per (user, event, channel): the id is made of them.
CREATE TABLE IF NOT EXISTS notifications (
  notification_id UUID PRIMARY KEY,
  user_id TEXT NOT NULL,
  event_id UUID NOT NULL,
  event_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  payload BYTEA NOT NULL,
  status TEXT NOT NULL,
  attempts INT8 NOT NULL,
  next_attempt_at TIMESTAMPTZ,
  sent_at TIMESTAMPTZ,
  reason TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS notifications_of_user ON notifications (user_id, created_at DESC);
-- What a sender looks for. next_attempt_at is also the end of a sender's lease.
CREATE INDEX IF NOT EXISTS notifications_due ON notifications (channel, next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS webhooks (
  user_id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  secret TEXT NOT NULL
);

-- Idempotency-Keys of SetWebhook.
CREATE TABLE IF NOT EXISTS webhook_keys (
  user_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, idempotency_key)
);
