#include "libs/outbox/inbox_cleaner.hpp"

#include "libs/outbox/statements.hpp"

namespace souk::outbox {
namespace {

constexpr std::chrono::seconds kSliceInterval{10};
constexpr int kSliceRows = 5'000;

}  // namespace

void InboxCleaner::RunSlice(sql::Connection& connection) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kSliceInterval;
  const Result<sql::Rows> rows = connection.Query(
      kInboxSlice, {after_consumer_, after_id_, std::int64_t{retention_.count()}, kSliceRows});
  if (!rows.ok()) return;
  sql::Array consumers, ids;
  rows->ForEach([&](const sql::Row& row) {
    after_consumer_ = row.Text(0);
    after_id_ = row.Id(1);
    if (!row.Bool(2)) return;
    consumers.Add(row.View(0));
    ids.Add(row.Id(1));
  });
  if (rows->size() < static_cast<std::size_t>(kSliceRows)) {
    after_consumer_.clear();
    after_id_ = Uuid();
  }
  if (consumers.empty()) return;
  // What could not be deleted now is met again by the next walk.
  (void)connection.Query(kDeleteInbox, {consumers, ids});
}

}  // namespace souk::outbox
