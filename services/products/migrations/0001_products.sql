-- One row per product, deleted ones included. `document` is souk.products.v1.ProductContent: what is sorted and filtered by has a column of its own.
CREATE TABLE IF NOT EXISTS products (
  product_id UUID PRIMARY KEY,
  sku TEXT NOT NULL,
  seller_id TEXT NOT NULL,
  name TEXT NOT NULL,
  price_minor INT8 NOT NULL CHECK (price_minor > 0),
  currency TEXT NOT NULL,
  document BYTEA NOT NULL,
  version INT8 NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  deleted_at TIMESTAMPTZ
);
-- The last word on "a SKU is unique among live products".
CREATE UNIQUE INDEX IF NOT EXISTS products_live_sku ON products (sku) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS products_by_sku ON products (sku, product_id);
CREATE INDEX IF NOT EXISTS products_by_name ON products (name, product_id);
CREATE INDEX IF NOT EXISTS products_by_price ON products (price_minor, product_id);
CREATE INDEX IF NOT EXISTS products_by_created ON products (created_at, product_id);
CREATE INDEX IF NOT EXISTS products_by_updated ON products (updated_at, product_id);

-- What is known under one SKU, whichever products had it; `version` numbers its events without a gap.
CREATE TABLE IF NOT EXISTS skus (
  sku TEXT PRIMARY KEY,
  product_id UUID,
  version INT8 NOT NULL
);

CREATE TABLE IF NOT EXISTS collections (
  collection_id UUID PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  language TEXT NOT NULL,
  version INT8 NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  deleted BOOL NOT NULL
);
CREATE INDEX IF NOT EXISTS collections_by_name ON collections (name, collection_id);

CREATE TABLE IF NOT EXISTS product_collections (
  collection_id UUID NOT NULL,
  product_id UUID NOT NULL,
  PRIMARY KEY (collection_id, product_id)
);
CREATE INDEX IF NOT EXISTS product_collections_by_product ON product_collections (product_id);

-- Idempotency keys with what they were answered.
CREATE TABLE IF NOT EXISTS call_keys (
  key_id UUID PRIMARY KEY,
  request_hash TEXT NOT NULL,
  answer BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
