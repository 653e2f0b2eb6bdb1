-- The ledger. Valid for PostgreSQL 15 and CockroachDB.

-- One row per SKU and bucket; a hot SKU has several buckets. received is the sum of movements and of units moved between
-- the SKU's own buckets. No column is indexed but the key, so that updates stay in place.
CREATE TABLE stock (
  sku TEXT NOT NULL,
  bucket INT8 NOT NULL,
  received INT8 NOT NULL,
  reserved INT8 NOT NULL,
  sold INT8 NOT NULL,
  version INT8 NOT NULL,
  PRIMARY KEY (sku, bucket),
  CONSTRAINT stock_reserved_not_negative CHECK (reserved >= 0),
  CONSTRAINT stock_sold_not_negative CHECK (sold >= 0),
  CONSTRAINT stock_never_oversold CHECK (reserved + sold <= received)
) WITH (fillfactor = 50);

-- What came in or went out otherwise than by a sale. Rows are never changed.
CREATE TABLE movements (
  movement_id TEXT NOT NULL,
  sku TEXT NOT NULL,
  kind TEXT NOT NULL,
  quantity INT8 NOT NULL,
  cause TEXT NOT NULL,
  after_received INT8 NOT NULL,
  after_reserved INT8 NOT NULL,
  after_sold INT8 NOT NULL,
  after_version INT8 NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (movement_id, sku)
);
CREATE INDEX movements_restock ON movements (cause) WHERE kind = 'restock';

-- status: 1 held, 2 committed, 3 released (or a tombstone without lines), 4 expired, 5 rejected.
CREATE TABLE reservations (
  reservation_id UUID NOT NULL PRIMARY KEY,
  status INT8 NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  version INT8 NOT NULL,
  reason TEXT NOT NULL,
  short_lines TEXT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX reservations_due ON reservations (expires_at) WHERE status = 1;

-- Where the claimed units are; bucket -1: nowhere, the reservation was rejected.
CREATE TABLE reservation_lines (
  reservation_id UUID NOT NULL,
  sku TEXT NOT NULL,
  bucket INT8 NOT NULL,
  quantity INT8 NOT NULL,
  PRIMARY KEY (reservation_id, sku, bucket)
);

-- What the catalogue tells, and the state of the low-stock alert.
CREATE TABLE skus (
  sku TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  seller_id TEXT NOT NULL,
  low_stock_threshold INT8 NOT NULL,
  version INT8 NOT NULL,
  deleted BOOL NOT NULL,
  armed BOOL NOT NULL,
  episode INT8 NOT NULL
);
