-- Every price that a product had. Products from before start with the price that they have; a version before this one goes on without it.
CREATE TABLE IF NOT EXISTS price_changes (
  product_id UUID NOT NULL,
  version INT8 NOT NULL,
  price_minor INT8 NOT NULL,
  currency TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (product_id, version)
);
INSERT INTO price_changes (product_id, version, price_minor, currency, since)
SELECT product_id, version, price_minor, currency, updated_at FROM products
ON CONFLICT (product_id, version) DO NOTHING;
