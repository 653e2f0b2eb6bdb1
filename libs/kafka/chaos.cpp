#include "libs/kafka/chaos.hpp"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace souk::kafka {

void Chaos::Apply(std::vector<Record>& batch) {
  if (duplicate_) Duplicate(batch);
  if (shuffle_) Shuffle(batch);
}

void Chaos::Duplicate(std::vector<Record>& batch) {
  std::vector<Record> late = std::exchange(late_, {});
  const std::size_t originals = batch.size();
  for (std::size_t i = 0; i < originals; ++i) {
    Record copy = batch[i];
    if (random_.Below(2) == 0) {
      batch.push_back(std::move(copy));
    } else {
      late_.push_back(std::move(copy));
    }
  }
  for (Record& record : late) batch.push_back(std::move(record));
}

void Chaos::Shuffle(std::vector<Record>& batch) {
  std::vector<std::deque<Record>> by_key;
  std::unordered_map<std::string, std::size_t> index;
  for (Record& record : batch) {
    const auto [place, added] = index.try_emplace(record.topic + '\n' + record.key, by_key.size());
    if (added) by_key.emplace_back();
    by_key[place->second].push_back(std::move(record));
  }
  batch.clear();
  while (!by_key.empty()) {
    const std::size_t pick = random_.Below(by_key.size());
    batch.push_back(std::move(by_key[pick].front()));
    by_key[pick].pop_front();
    if (by_key[pick].empty()) {
      std::swap(by_key[pick], by_key.back());
      by_key.pop_back();
    }
  }
}

}  // namespace souk::kafka
