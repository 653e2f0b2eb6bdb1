#pragma once

#include "libs/sql/connection.hpp"

// The SQL texts of the reconciliation.
namespace souk::payments::statements {

/// The row exists from the migration on. Whoever changes it first has the turn.
inline constexpr sql::Statement kTakeTurn{"take_turn", R"(
UPDATE reconciliation_turn SET next_at = $2::TIMESTAMPTZ WHERE id = 1 AND next_at <= $1::TIMESTAMPTZ RETURNING covered_until)"};

inline constexpr sql::Statement kCovered{"covered", R"(
UPDATE reconciliation_turn SET covered_until = $1::TIMESTAMPTZ WHERE id = 1)"};

inline constexpr sql::Statement kKeepFindings{"keep_findings", R"(
INSERT INTO reconciliation_findings AS f (finding_id, payment_id, provider_id, kind, ours, theirs, resolution, reason, first_seen, last_seen, decided_by,
                                          note)
SELECT d.id, d.payment, d.provider, d.kind, d.ours, d.theirs, d.resolution, d.reason, $9::TIMESTAMPTZ, $9::TIMESTAMPTZ, '', ''
FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[])
  AS d (id, payment, provider, kind, ours, theirs, resolution, reason)
ON CONFLICT (finding_id) DO UPDATE SET last_seen = excluded.last_seen, ours = excluded.ours, theirs = excluded.theirs,
  resolution = CASE WHEN f.resolution = 'accepted' AND f.ours = excluded.ours AND f.theirs = excluded.theirs AND
                         excluded.resolution IN ('escalated', 'waiting') THEN f.resolution ELSE excluded.resolution END,
  reason = excluded.reason)"};

inline constexpr sql::Statement kListFindings{"list_findings", R"(
SELECT payment_id, provider_id, kind, ours, theirs, resolution, reason, first_seen, last_seen, decided_by, note FROM reconciliation_findings
WHERE $1::BOOL OR resolution IN ('escalated', 'waiting') ORDER BY last_seen DESC, finding_id LIMIT $2)"};

inline constexpr sql::Statement kAcceptFinding{"accept_finding", R"(
UPDATE reconciliation_findings SET resolution = 'accepted', decided_by = $2, note = $3 WHERE finding_id = $1::UUID
RETURNING payment_id, provider_id, kind, ours, theirs, resolution, reason, first_seen, last_seen, decided_by, note)"};

}  // namespace souk::payments::statements
