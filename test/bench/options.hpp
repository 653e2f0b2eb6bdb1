#pragma once

#include <chrono>
#include <string>

#include "tools/audit/sources.hpp"

namespace souk::bench {

/// What a benchmark is told.
struct Options {
  audit::Config audit;
  std::string gateway_url;
  std::string inventory_grpc;
  std::string sql_admin_url;  ///< of a user that may create a database
  std::string processes;      ///< "orders=123,sql=99,..."
  std::string env_dir;        ///< a file per service with what it is told; empty = no starts are timed
  std::string bin_dir;
  std::string souk;           ///< the command that stops and starts services
  std::string state_dir;
  int pairs = 5;
  int in_flight = 256;
  int sql_clients = 32;
  int connections = 4;
  int starts = 10;
  bool mails = false;
  std::chrono::milliseconds window{4000};
  std::chrono::milliseconds warm_up{1000};
  std::chrono::milliseconds settle{8000};
};

void Declare(config::Schema& schema, Options* options);

}  // namespace souk::bench
