#include "services/gateway/config.hpp"

namespace souk::gateway {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* config) {
  chassis::DeclareCommon(schema, &config->common, 8000);
  schema.Text("orders.url", &config->orders_url, "http://127.0.0.1:3001", "REST of orders; several instances separated by commas");
  schema.Text("inventory.url", &config->inventory_url, "http://127.0.0.1:3002", "REST of inventory");
  schema.Text("payments.url", &config->payments_url, "http://127.0.0.1:3003", "REST of payments");
  schema.Text("notifications.url", &config->notifications_url, "http://127.0.0.1:3004", "REST of notifications");
  schema.Text("products.url", &config->products_url, "http://127.0.0.1:3005", "REST of products");
  schema.Text("fulfillment.url", &config->fulfillment_url, "http://127.0.0.1:3007", "REST of fulfillment");
  schema.Text("recovery.url", &config->recovery_url, "http://127.0.0.1:3009", "REST of order-recovery");
  schema.Text("audit.url", &config->audit_url, "", "Where souk-audit --serve answers; empty shows no invariants");
  schema.Text("live.processes", &config->processes, "", "name=host:adminport,... or name=host:port/path,...: processes that the live page asks whether they are ready");
  schema.Text("live.groups", &config->groups,
              "orders.replies=inventory.reservation.events.v1+payments.payment.events.v1+fulfillment.shipment.events.v1,"
              "inventory.commands=inventory.reservation.commands.v1+inventory.stock.commands.v1,payments.commands=payments.payment.commands.v1,"
              "fulfillment.commands=fulfillment.shipment.commands.v1,notifications.orders=orders.order.events.v1,"
              "order-recovery.orders=orders.order.events.v1",
              "group=topic+topic,...: consumer groups whose lag the live page shows");
  schema.Duration("live.interval", &config->live_interval, milliseconds(500), milliseconds(100), milliseconds(10'000),
                  "Time between two pictures sent to the live page");
  schema.Int("live.streams_max", &config->streams_max, 200, 1, 10'000, "Live pages open at once; more are refused");
}

}  // namespace souk::gateway
