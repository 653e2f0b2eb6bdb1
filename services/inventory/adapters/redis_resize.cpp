#include "services/inventory/adapters/redis_resize.hpp"

namespace souk::inventory {

void RedisAvailability::Resize::Announce() {
  shard_ = from_;
  owner_.shards_.SetShards(sku_, from_, to_, Then([](Resize& self, const ShardReply&) { self.OpenNext(); }));
}

void RedisAvailability::Resize::OpenNext() {
  if (shard_ == to_) {
    shard_ = from_;
    return FillNext();
  }
  owner_.shards_.Open(sku_, shard_, Then([](Resize& self, const ShardReply&) {
    ++self.shard_;
    self.OpenNext();
  }));
}

void RedisAvailability::Resize::FillNext() {
  if (shard_ == to_ || owner_.stopping_) {
    owner_.shards_.SetShards(sku_, to_, to_, Then([](Resize& self, const ShardReply&) { self.End(self.to_); }));
    return;
  }
  const int giver = (shard_ - from_) % from_;  // each old shard gives to as many new ones
  owner_.shards_.TakeUpTo(sku_, giver, share_, Then([](Resize& self, const ShardReply& taken) {
    const auto next = [](Resize& me, const ShardReply&) {
      ++me.shard_;
      me.FillNext();
    };
    if (taken.amount == 0) return next(self, taken);
    self.owner_.shards_.Add(self.sku_, self.shard_, taken.amount, nullptr, self.Then(next));
  }));
}

void RedisAvailability::Resize::Narrow() {
  shard_ = to_;
  owner_.shards_.SetShards(sku_, to_, from_, Then([](Resize& self, const ShardReply&) { self.CloseNext(); }));
}

void RedisAvailability::Resize::CloseNext() {
  if (shard_ == from_ || owner_.stopping_) return End(to_);
  owner_.shards_.Close(sku_, shard_, Then([](Resize& self, const ShardReply& closed) {
    const auto next = [](Resize& me, const ShardReply&) {
      ++me.shard_;
      me.CloseNext();
    };
    if (closed.amount == 0) return next(self, closed);
    self.owner_.shards_.Add(self.sku_, 0, closed.amount, nullptr, self.Then(next));
  }));
}

void RedisAvailability::Resize::End(int shards) { owner_.ResizeEnded(sku_, shards); }

}  // namespace souk::inventory
