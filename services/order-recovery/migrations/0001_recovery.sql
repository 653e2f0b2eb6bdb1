-- One row per order, from the first event that told of it until some days after its end, so that a replayed event finds its order and changes nothing.
CREATE TABLE IF NOT EXISTS watched_orders (
  order_id UUID PRIMARY KEY,
  version INT8 NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  waiting_for TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  deadline_at TIMESTAMPTZ,
  state TEXT NOT NULL,
  asks INT8 NOT NULL,
  failures INT8 NOT NULL,
  unreachable INT8 NOT NULL,
  last_tried_at TIMESTAMPTZ,
  last_outcome TEXT NOT NULL,
  next_try_at TIMESTAMPTZ,
  leased_by TEXT NOT NULL
) WITH (fillfactor = 70);
-- What the instances take their leases from.
CREATE INDEX IF NOT EXISTS watched_orders_due ON watched_orders (next_try_at) WHERE next_try_at IS NOT NULL;
-- What operators list.
CREATE INDEX IF NOT EXISTS watched_orders_open ON watched_orders (order_id) WHERE state <> 'ENDED';
-- What is forgotten in the end.
CREATE INDEX IF NOT EXISTS watched_orders_ended ON watched_orders (seen_at) WHERE state = 'ENDED';

-- What operators decided, for ever.
CREATE TABLE IF NOT EXISTS decisions (
  decision_id UUID PRIMARY KEY,
  order_id UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  note TEXT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_of_order ON decisions (order_id, at);
