-- A claim is one row: its lines are written, read and kept together with it, whatever their number. "sku:bucket:quantity" joined by
-- commas (no SKU holds either character); bucket -1: nowhere, the reservation was rejected. Who wants to sum them uses the view.
ALTER TABLE reservations ADD COLUMN lines TEXT NOT NULL DEFAULT '';
UPDATE reservations SET lines = coalesce((
  SELECT string_agg(l.sku || ':' || CAST(l.bucket AS TEXT) || ':' || CAST(l.quantity AS TEXT), ',' ORDER BY l.sku, l.bucket)
  FROM reservation_lines AS l WHERE l.reservation_id = reservations.reservation_id), '');
DROP TABLE reservation_lines;
CREATE VIEW reservation_lines AS
  SELECT r.reservation_id, split_part(part.line, ':', 1) AS sku, CAST(split_part(part.line, ':', 2) AS INT8) AS bucket,
         CAST(split_part(part.line, ':', 3) AS INT8) AS quantity
  FROM reservations AS r CROSS JOIN LATERAL regexp_split_to_table(r.lines, ',') AS part(line)
  WHERE r.lines <> '';
