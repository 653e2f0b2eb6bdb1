-- Where each bulk import stands: the same import key goes on after last_line.
CREATE TABLE IF NOT EXISTS imports (
  import_id UUID PRIMARY KEY,
  name TEXT NOT NULL,
  last_line INT8 NOT NULL,
  created INT8 NOT NULL,
  updated INT8 NOT NULL,
  unchanged INT8 NOT NULL,
  refused INT8 NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
