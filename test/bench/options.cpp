#include "test/bench/options.hpp"

namespace souk::bench {

void Declare(config::Schema& schema, Options* options) {
  using std::chrono::milliseconds;
  audit::DeclareSources(schema, &options->audit);
  schema.Text("gateway.url", &options->gateway_url, "http://127.0.0.1:8000", "The shop's front door");
  schema.Text("inventory.grpc", &options->inventory_grpc, "127.0.0.1:4002", "gRPC address of inventory");
  schema.Text("sql.admin", &options->sql_admin_url, "", "URL of the SQL engine, as a user that may create a database").Secret().Required();
  schema.Text("processes", &options->processes, "", "name=pid,...: whose CPU and memory are measured");
  schema.Text("env.dir", &options->env_dir, "", "Folder with a file per service that holds its variables; empty = starts are not timed");
  schema.Text("bin.dir", &options->bin_dir, "", "Folder of the programs");
  schema.Text("souk", &options->souk, "./souk", "The command that stops and starts services of the fleet");
  schema.Text("state.dir", &options->state_dir, "", "The fleet's folder");
  schema.Int("pairs", &options->pairs, 5, 1, 1000, "How often ceiling and system are measured in turn");
  schema.Duration("window", &options->window, milliseconds(4'000), milliseconds(100), milliseconds(600'000), "Length of one measurement");
  schema.Duration("warm.up", &options->warm_up, milliseconds(1'000), milliseconds(0), milliseconds(60'000), "Load before each measurement that is not counted");
  schema.Duration("settle", &options->settle, milliseconds(8'000), milliseconds(0), milliseconds(600'000),
                  "Rest after each load of orders at least: parcels are on their way until then");
  schema.Int("in.flight", &options->in_flight, 256, 1, 10'000, "Requests in flight at once");
  schema.Int("sql.clients", &options->sql_clients, 32, 1, 150, "Clients of the bare SQL transaction");
  schema.Int("connections", &options->connections, 4, 1, 64, "gRPC connections of the client");
  schema.Int("starts", &options->starts, 10, 0, 1000, "How often each service is started; 0 = starts are not timed");
  schema.Bool("mails", &options->mails, false, "Customers have an e-mail address, so that each order is mailed about");
}

}  // namespace souk::bench
