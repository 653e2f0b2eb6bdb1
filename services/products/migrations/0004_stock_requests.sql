-- Numbers what sellers ask inventory for, by SKU. The default lets a version that does not know the column go on writing.
ALTER TABLE skus ADD COLUMN IF NOT EXISTS stock_requests INT8 NOT NULL DEFAULT 0;
