#pragma once

#include <mutex>
#include <thread>
#include <unordered_map>

#include "libs/redis/cluster_fixture.hpp"

namespace souk::redis {

/// A caller that never tires: each command adds a field of its own to a hash, and what it was told about it is remembered.
/// So afterwards the data itself says whether a command was applied twice, or against what its caller was told.
class FieldLoad {
 public:
  enum class Told { kApplied, kUnknown, kNotApplied };

  FieldLoad(Cluster& client, std::vector<std::string> keys, milliseconds patience = seconds(2))
      : client_(client), keys_(std::move(keys)), patience_(patience), thread_([this] { Run(); }) {}
  ~FieldLoad() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    EXPECT_TRUE(Eventually([this] { return open_ == 0; })) << "every callback is called";
  }

  int applied() const { return applied_; }
  int unknown() const { return unknown_; }
  int not_applied() const { return not_applied_; }
  bool AwaitApplied(int more) {
    const int goal = applied_ + more;
    return Eventually([&] { return applied_ >= goal; }, seconds(30));
  }

  /// Compares what is stored with what was told. `acknowledged_lost` counts applied commands that are gone: asynchronous
  /// replication allows it on a failover, and nowhere else.
  void Verify(int& acknowledged_lost) {
    Stop();
    std::unordered_map<std::string, std::string> stored;
    for (const auto& key : keys_) {
      const auto all = client_.ExecuteSync(key, {"HGETALL", key}, In(seconds(10)));
      ASSERT_TRUE(all.ok()) << all.error().message;
      for (std::size_t i = 0; i + 1 < all->items.size(); i += 2) stored[all->items[i].text] = all->items[i + 1].text;
    }
    acknowledged_lost = 0;
    for (const auto& [field, told] : told_) {
      const auto at = stored.find(field);
      if (at != stored.end()) {
        EXPECT_EQ(at->second, "1") << field << " was applied more than once";
        EXPECT_NE(told, Told::kNotApplied) << field << " was applied, and its caller told that it was not";
      } else if (told == Told::kApplied) {
        ++acknowledged_lost;
      }
    }
  }

 private:
  void Run() {
    for (int i = 0; !stop_; ++i) {
      if (open_ >= 200) {
        Eventually([this] { return open_ < 100 || stop_; }, seconds(20), milliseconds(1));
        continue;
      }
      ++open_;
      const auto& key = keys_[static_cast<std::size_t>(i) % keys_.size()];
      auto field = name_ + std::to_string(i);
      client_.Execute(key, {"HINCRBY", key, field, "1"}, In(patience_), [this, field](const Result<Reply>& result) {
        Remember(field, result);
      });
    }
  }

  void Remember(const std::string& field, const Result<Reply>& result) {
    auto told = Told::kNotApplied;
    if (result.ok()) {
      EXPECT_EQ(result->integer, 1) << field << " had been applied before";
      told = Told::kApplied;
    } else if (EffectUnknown(result.error())) {
      told = Told::kUnknown;
    }
    {
      const std::lock_guard lock(mutex_);
      told_[field] = told;
    }
    ++(told == Told::kApplied ? applied_ : told == Told::kUnknown ? unknown_ : not_applied_);
    --open_;
  }

  static std::string NewName() {
    static std::atomic<int> loads{0};
    return "load" + std::to_string(++loads) + "-";
  }

  Cluster& client_;
  const std::string name_ = NewName();  // fields of two loads are never the same
  const std::vector<std::string> keys_;
  const milliseconds patience_;
  std::mutex mutex_;
  std::unordered_map<std::string, Told> told_;
  std::atomic<int> open_{0}, applied_{0}, unknown_{0}, not_applied_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace souk::redis
