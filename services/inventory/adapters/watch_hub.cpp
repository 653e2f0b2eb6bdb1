#include "services/inventory/adapters/watch_hub.hpp"

#include <algorithm>

#include "services/inventory/adapters/codec.hpp"

namespace souk::inventory {

class WatchHub::Stream : public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(rpc::ServerWriter<v1::WatchStockResponse> writer) : writer_(std::move(writer)) {}

  void Start(LevelBoard& board, const std::vector<std::string>& skus, const std::vector<std::int64_t>& after) {
    for (std::size_t i = 0; i < skus.size(); ++i) sent_[skus[i]] = after.empty() ? -1 : after[i];
    watch_ = board.Subscribe(skus, [weak = weak_from_this()](const Level& level) {
      if (const auto self = weak.lock()) self->Push(level);
    });
    writer_.OnReady([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Flush();
    });
  }

  void Push(const Level& level) {
    {
      const std::lock_guard lock(mutex_);
      if (sent_[level.sku] >= level.version) return;
      pending_[level.sku] = level;
    }
    Flush();
  }

  /// True when nobody reads any more, or the reader was too slow.
  bool Ended(SteadyTime now, std::chrono::milliseconds patience) {
    if (writer_.Cancelled()) return true;
    {
      const std::lock_guard lock(mutex_);
      if (!blocked_ || now - blocked_since_ < patience) return false;
    }
    writer_.Finish(MakeError(ErrorCode::kResourceExhausted,
                             "the stream was not read for too long; watch again with after_versions", "SLOW_READER"));
    return true;
  }

  void Finish(const Error& error) { writer_.Finish(error); }

 private:
  // One thread writes at a time, so that an older level never overtakes a newer one.
  void Flush() {
    std::unique_lock lock(mutex_);
    if (flushing_) return;
    flushing_ = true;
    while (!pending_.empty()) {
      const auto it = pending_.begin();
      const Level level = it->second;
      lock.unlock();
      v1::WatchStockResponse response;
      *response.mutable_level() = codec::ToProto(level);
      const bool written = writer_.Write(response);
      lock.lock();
      if (!written) {
        if (!blocked_) blocked_since_ = std::chrono::steady_clock::now();
        blocked_ = true;
        break;
      }
      blocked_ = false;
      std::int64_t& sent = sent_[level.sku];
      sent = std::max(sent, level.version);
      if (const auto now = pending_.find(level.sku); now != pending_.end() && now->second.version <= sent) pending_.erase(now);
    }
    flushing_ = false;
  }

  rpc::ServerWriter<v1::WatchStockResponse> writer_;
  std::shared_ptr<LevelBoard::Watch> watch_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> sent_;
  std::unordered_map<std::string, Level> pending_;
  bool flushing_ = false;
  bool blocked_ = false;
  SteadyTime blocked_since_{};
};

void WatchHub::Open(const std::vector<std::string>& skus, const std::vector<std::int64_t>& after,
                    const std::vector<Level>& levels, rpc::ServerWriter<v1::WatchStockResponse> writer) {
  auto stream = std::make_shared<Stream>(std::move(writer));
  stream->Start(board_, skus, after);
  {
    const std::lock_guard lock(mutex_);
    streams_.push_back(stream);
  }
  for (const Level& level : levels) {
    board_.OnLevel(level);
    stream->Push(board_.Get(level.sku).value_or(level));
  }
}

void WatchHub::Poll() {
  {
    const SteadyTime now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [&](const std::shared_ptr<Stream>& stream) { return stream->Ended(now, patience_); });
    if (streams_.empty()) return;
  }
  auto skus = board_.Watched();
  if (skus.empty()) return;
  reader_.Levels(std::move(skus), [this](Result<std::vector<Level>> levels) {
    if (!levels.ok()) return;  // the next poll asks again
    for (const Level& level : *levels) board_.OnLevel(level);
  });
}

void WatchHub::FinishAll(const Error& error) {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    streams.swap(streams_);
  }
  for (const auto& stream : streams) stream->Finish(error);
}

}  // namespace souk::inventory
