#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/chassis/service.hpp"
#include "libs/http/client.hpp"
#include "libs/http/responder.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/consumer.hpp"
#include "services/gateway/config.hpp"

namespace souk::gateway {

/// Gathers what the live page shows and sends one picture of it to every open page each `live.interval`: recent orders from the event topic, figures asked from the
/// services once a second, consumer lag, readiness of every process, and the audit's verdict. Nothing here is needed to sell.
class LiveFeed {
 public:
  LiveFeed(const Config& config, http::Client& client);
  ~LiveFeed();
  Result<void> Start();
  void Stop();

  /// GET /live: the stream of pictures.
  void Open(http::Request request, http::Responder responder);
  /// GET /live.json: one picture.
  std::string Picture();

 private:
  struct RecentOrder {
    std::string id;
    std::string status;
    std::string phase;
    std::string total;
    std::int64_t at_ms = 0;
  };
  struct Target {
    std::string name;
    std::string url;
  };

  Result<void> OnRecords(std::vector<kafka::Record>& records);
  void Note(const kafka::Record& record);
  void Touch(const std::string& id, std::string status, std::string phase, std::string total, std::int64_t at_ms);
  void PollFigures();
  void PollLag();
  void Keep(const std::string& section, std::string json);
  void Ask(const std::string& section, const std::string& url);
  void AskReadiness(const Target& target);
  void Broadcast();

  const Config& config_;
  http::Client& client_;
  std::vector<Target> processes_;
  std::map<std::string, std::vector<std::string>> groups_;
  std::unique_ptr<kafka::Admin> admin_;
  std::unique_ptr<kafka::Consumer> consumer_;

  std::mutex mutex_;
  std::map<std::string, std::string> sections_;   // ready JSON by name
  std::map<std::string, std::string> readiness_;  // process -> "" or what is missing
  std::deque<RecentOrder> recent_;                // newest first
  std::map<std::string, std::int64_t> events_;    // type -> count since start
  std::vector<std::shared_ptr<http::Stream>> streams_;
  std::unique_ptr<chassis::Periodic> figures_;
  std::unique_ptr<chassis::Periodic> lag_;
  std::unique_ptr<chassis::Periodic> broadcast_;
};

}  // namespace souk::gateway
