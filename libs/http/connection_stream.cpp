#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <utility>

#include "libs/http/connection.hpp"
#include "libs/http/response_head.hpp"

namespace souk::http::internal {

namespace asio = boost::asio;

// ConnectionExchange and ConnectionStream live on any thread and hand over to the worker.

void ConnectionExchange::Send(Response response) {
  Worker& worker = connection_->worker();
  if (worker.stopped) return;
  asio::dispatch(worker.io, [self = shared_from_this(), response = std::move(response)]() mutable {
    self->connection_->Answer(self.get(), std::move(response));
  });
}

std::shared_ptr<Stream> ConnectionExchange::StartStream(Response head) {
  Worker& worker = connection_->worker();
  auto stream = std::make_shared<ConnectionStream>(connection_, worker.shared->config.stream_buffer_max);
  if (worker.stopped) {
    stream->Ended();
    return stream;
  }
  asio::dispatch(worker.io, [self = shared_from_this(), stream, head = std::move(head)]() mutable {
    self->connection_->OpenStream(self.get(), std::move(head), stream);
  });
  return stream;
}

bool ConnectionStream::Write(std::string chunk) {
  if (chunk.empty()) return !closed_;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || buffered_ + chunk.size() > buffer_max_) return false;
    buffered_ += chunk.size();
    pending_.push_back(std::move(chunk));
  }
  Post();
  return true;
}

void ConnectionStream::Close() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  Post();
}

void ConnectionStream::Post() {
  {
    const std::lock_guard lock(mutex_);
    if (posted_ || connection_ == nullptr || connection_->worker().stopped) return;
    posted_ = true;
  }
  // Posted, not dispatched: many writes in a row leave in one packet.
  asio::post(connection_->worker().io, [self = shared_from_this()] {
    std::shared_ptr<Connection> connection;
    {
      const std::lock_guard lock(self->mutex_);
      self->posted_ = false;
      connection = self->connection_;
    }
    if (connection) connection->PumpStream(self.get());
  });
}

void ConnectionStream::OnClose(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!close_told_) {
      on_close_ = std::move(callback);
      return;
    }
  }
  callback();
}

void ConnectionStream::OnDrain(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_drain_ = std::move(callback);
}

std::size_t ConnectionStream::Take(std::string* out, bool chunked, bool* ended) {
  const std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  for (const std::string& chunk : pending_) {
    taken += chunk.size();
    if (chunked) AppendChunk(out, chunk);
    else out->append(chunk);
  }
  pending_.clear();
  *ended = closed_;
  return taken;
}

void ConnectionStream::Left(std::size_t bytes) {
  std::function<void()> drained;
  {
    const std::lock_guard lock(mutex_);
    buffered_ -= bytes;
    if (bytes > 0 && buffered_ == 0 && !closed_) drained = on_drain_;
  }
  if (drained) drained();
}

void ConnectionStream::Ended() {
  std::function<void()> told;
  std::function<void()> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    close_told_ = true;
    buffered_ = 0;
    pending_.clear();
    told = std::exchange(on_close_, nullptr);
    dropped = std::exchange(on_drain_, nullptr);
  }
  if (told) told();
}

}  // namespace souk::http::internal
