#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service. One statement per table and batch; arrays are the columns of a batch.
namespace souk::notifications::statements {

inline constexpr sql::Statement kLoadWebhooks{"load_webhooks", R"(
SELECT user_id, url, secret FROM webhooks WHERE user_id = ANY($1::TEXT[]))"};

inline constexpr sql::Statement kSaveWebhooks{"save_webhooks", R"(
INSERT INTO webhooks (user_id, url, secret) SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[])
ON CONFLICT (user_id) DO UPDATE SET url = excluded.url, secret = excluded.secret)"};

inline constexpr sql::Statement kLoadKeys{"load_keys", R"(
SELECT k.user_id, k.idempotency_key, k.request_hash
FROM unnest($1::TEXT[], $2::TEXT[]) AS u (user_id, idempotency_key)
JOIN webhook_keys AS k ON k.user_id = u.user_id AND k.idempotency_key = u.idempotency_key)"};

inline constexpr sql::Statement kInsertKeys{"insert_keys", R"(
INSERT INTO webhook_keys (user_id, idempotency_key, request_hash)
SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[]))"};

inline constexpr sql::Statement kInsertNotifications{"insert_notifications", R"(
INSERT INTO notifications (notification_id, user_id, event_id, event_type, subject, channel, recipient, payload, status,
                           attempts, next_attempt_at, sent_at, reason, created_at)
SELECT u.notification_id, u.user_id, u.event_id, u.event_type, u.subject, u.channel, u.recipient, u.payload, u.status,
       0, u.next_attempt_at, NULL, u.reason, u.created_at
FROM unnest($1::UUID[], $2::TEXT[], $3::UUID[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::BYTEA[], $9::TEXT[],
            $10::TIMESTAMPTZ[], $11::TEXT[], $12::TIMESTAMPTZ[])
  AS u (notification_id, user_id, event_id, event_type, subject, channel, recipient, payload, status, next_attempt_at,
        reason, created_at)
ON CONFLICT (notification_id) DO NOTHING
RETURNING notification_id)"};

inline constexpr sql::Statement kRecordAttempts{"record_attempts", R"(
UPDATE notifications AS n
SET status = u.status, attempts = u.attempts, next_attempt_at = u.next_attempt_at, sent_at = u.sent_at, reason = u.reason
FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::TIMESTAMPTZ[], $5::TIMESTAMPTZ[], $6::TEXT[])
  AS u (notification_id, status, attempts, next_attempt_at, sent_at, reason)
WHERE n.notification_id = u.notification_id AND n.status = 'pending')"};

/// Rows that another instance is claiming just now are skipped: two callers never get the same.
inline constexpr sql::Statement kClaim{"claim", R"(
UPDATE notifications SET next_attempt_at = $3::TIMESTAMPTZ
WHERE notification_id = ANY(ARRAY(
  SELECT notification_id FROM notifications
  WHERE channel = $1::TEXT AND next_attempt_at IS NOT NULL AND next_attempt_at <= $2::TIMESTAMPTZ
  ORDER BY next_attempt_at LIMIT $4::INT8 FOR UPDATE SKIP LOCKED))
RETURNING notification_id, user_id, event_type, payload, recipient, attempts, created_at)"};

inline constexpr sql::Statement kListNotifications{"list_notifications", R"(
SELECT notification_id, event_type, subject, channel, status, attempts, next_attempt_at, sent_at, reason, created_at
FROM notifications WHERE user_id = $1::TEXT ORDER BY created_at DESC LIMIT $2::INT8)"};

/// For the dialect test.
inline constexpr sql::Statement kAll[] = {kLoadWebhooks,        kSaveWebhooks,   kLoadKeys, kInsertKeys,
                                          kInsertNotifications, kRecordAttempts, kClaim,    kListNotifications};

}  // namespace souk::notifications::statements
