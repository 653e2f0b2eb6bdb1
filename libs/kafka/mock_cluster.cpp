#include "libs/kafka/mock_cluster.hpp"

#include "libs/kafka/rd.hpp"

#include <librdkafka/rdkafka_mock.h>

namespace souk::kafka {

class MockCluster::State {
 public:
  State(rd::Handle handle, int brokers)
      : handle_(std::move(handle)), cluster_(rd_kafka_mock_cluster_new(handle_.get(), brokers)) {}

  rd::Handle handle_;  ///< the cluster lives inside a client and must go first
  rd::Owned<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

MockCluster::MockCluster(std::unique_ptr<State> state) : state_(std::move(state)) {}
MockCluster::~MockCluster() = default;

Result<std::unique_ptr<MockCluster>> MockCluster::Start(int brokers) {
  SOUK_ASSIGN_OR_RETURN(rd::Conf conf, rd::MakeConf({{"client.id", "souk-mock-kafka"}}));
  SOUK_ASSIGN_OR_RETURN(rd::Handle handle, rd::MakeHandle(RD_KAFKA_PRODUCER, std::move(conf)));
  auto state = std::make_unique<State>(std::move(handle), brokers);
  if (!state->cluster_) return MakeError(ErrorCode::kInternal, "the mock cluster did not start");
  return std::unique_ptr<MockCluster>(new MockCluster(std::move(state)));
}

std::string MockCluster::Bootstrap() const { return rd_kafka_mock_cluster_bootstraps(state_->cluster_.get()); }

Result<void> MockCluster::CreateTopic(const std::string& name, int partitions, int replication) {
  const rd_kafka_resp_err_t code =
      rd_kafka_mock_topic_create(state_->cluster_.get(), name.c_str(), partitions, replication);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ToError(code, "create mock topic " + name);
  return {};
}

}  // namespace souk::kafka
