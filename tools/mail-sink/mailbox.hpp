#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "libs/base/clock.hpp"
#include "tools/mail-sink/smtp_session.hpp"

namespace souk::mail_sink {

struct Mail {
  std::int64_t number = 0;  ///< 1, 2, 3 ... as they came
  SystemTime at;
  std::string from;
  std::vector<std::string> to;
  std::string subject;     ///< decoded
  std::string message_id;  ///< without angle brackets; empty when the mail has none
  std::string text;        ///< the body, decoded
};

struct MailStats {
  std::int64_t received = 0;    ///< all that were accepted
  std::int64_t duplicates = 0;  ///< of these, with a Message-ID that was there before: not kept
  std::int64_t distinct = 0;
  std::int64_t kept = 0;  ///< in memory now
};

/// The mails, in memory. A mail with a known Message-ID is counted and dropped, as real servers do. Thread-safe.
class Mailbox {
 public:
  /// Keeps the last `mails_max` mails; Message-IDs are remembered for all.
  Mailbox(const Clock& clock, std::size_t mails_max) : clock_(clock), mails_max_(mails_max) {}

  void Add(const ReceivedMail& received);
  /// Newest first; `to` empty = all.
  std::vector<Mail> List(const std::string& to, std::size_t limit) const;
  MailStats Stats() const;
  /// Forgets mails, Message-IDs and counts.
  void Clear();

 private:
  const Clock& clock_;
  const std::size_t mails_max_;
  mutable std::mutex mutex_;
  std::deque<Mail> mails_;
  std::unordered_set<std::string> message_ids_;
  MailStats stats_;
};

/// Headers and body of a mail as our own services write them: folded lines, RFC 2047 base64 words, base64 or plain
/// bodies.
Mail ParseMail(const ReceivedMail& received);

}  // namespace souk::mail_sink
