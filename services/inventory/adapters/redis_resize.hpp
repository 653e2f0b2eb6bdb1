#pragma once

#include <memory>

#include "services/inventory/adapters/redis_availability.hpp"

namespace souk::inventory {

/// Spreads a SKU's units over more shards, or merges them into shard 0, one call after the other. Units travel by take and
/// add, so the total never changes; if the process dies between the two the ledger comparison finds them.
class RedisAvailability::Resize : public std::enable_shared_from_this<Resize> {
 public:
  Resize(RedisAvailability& owner, std::string sku, int from, int to, std::int64_t units)
      : owner_(owner), sku_(std::move(sku)), from_(from), to_(to), share_(units / to) {}
  void Start() { to_ > from_ ? Announce() : Narrow(); }

 private:
  void Announce();       // grow: readers must count the new shards before units go there
  void OpenNext();
  void FillNext();
  void Narrow();         // merge: callers must use shard 0 before the others close
  void CloseNext();
  void End(int shards);
  template <class F>
  ShardDone Then(F next) {
    return [self = shared_from_this(), next](Result<ShardReply> reply) {
      if (!reply.ok()) {
        self->owner_.watch_.Suspect(self->sku_);
        return self->End(self->to_ > self->from_ ? self->from_ : self->to_);
      }
      next(*self, *reply);
    };
  }

  RedisAvailability& owner_;
  const std::string sku_;
  const int from_;
  const int to_;
  const std::int64_t share_;
  int shard_ = 0;
};

}  // namespace souk::inventory
