#pragma once

#include <map>
#include <memory>

#include "services/notifications/app/memory_notification_store.hpp"
#include "test/sim/checks.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// What the instances of notifications share: the database, and the mailboxes outside.
struct NotificationsData {
  explicit NotificationsData(World& world) : sql(world, "notifications.sql") {}
  Sql sql;
  notifications::MemoryNotificationStore store;
  std::map<Uuid, int> mails;  ///< arrived, by notification: its Message-ID, so a receiver shows the first only
};

class NotificationsNode final : public Node {
 public:
  NotificationsNode(World& world, Broker& broker, NotificationsData& data, Checks& checks, std::string name);

 private:
  void Boot() override;
  void Drop() override;
  Result<void> Apply(std::span<notifications::Work> works);
  void OnEvents(const std::string& group, const std::vector<kafka::Record>& records, const Consumer::Done& done);
  void Send(std::vector<notifications::Delivery> deliveries);
  void Claim();

  NotificationsData& data_;
  Checks& checks_;
  std::unique_ptr<Writer<notifications::Work>> writer_;
};

}  // namespace souk::sim
