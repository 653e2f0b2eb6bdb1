#include "services/notifications/adapters/api.hpp"

#include "services/notifications/adapters/codec.hpp"
#include "services/notifications/adapters/webhook_transport.hpp"

namespace souk::notifications {
namespace {

constexpr int kListMax = 200;
constexpr std::size_t kUserBytesMax = 64;
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::size_t kSecretBytesMax = 200;

Result<void> CheckUser(const std::string& user_id) {
  if (!user_id.empty() && user_id.size() <= kUserBytesMax) return {};
  return InvalidArgument("user_id", "must be 1 to 64 characters");
}

Result<void> Check(const v1::SetWebhookRequest& request, const ApiConfig& config) {
  SOUK_RETURN_IF_ERROR(CheckUser(request.user_id()));
  SOUK_RETURN_IF_ERROR(CheckWebhookUrl(request.url(), config.private_webhooks_allowed));
  if (request.secret().size() < kSecretBytesMin || request.secret().size() > kSecretBytesMax) {
    return InvalidArgument("secret", "must be 16 to 200 characters");
  }
  return {};
}

Result<v1::ListNotificationsResponse> List(NotificationView& view, const std::string& user_id) {
  SOUK_ASSIGN_OR_RETURN(const auto rows, view.List(user_id, kListMax));
  v1::ListNotificationsResponse response;
  for (const NotificationRow& row : rows) *response.add_notifications() = ToProto(row);
  return response;
}

}  // namespace

void AddMethods(rpc::MethodTable& table, ApiConfig config, NotificationView& view, chassis::ThreadPool& readers,
                Writer& writer, const Clock& clock) {
  table.AddUnary<v1::ListNotificationsRequest, v1::ListNotificationsResponse>(
      "souk.notifications.v1.NotificationsService/ListNotifications", [&view, &readers](auto, auto request, auto done) {
        if (const auto user = CheckUser(request->user_id()); !user.ok()) return done(user.error());
        const auto posted = readers.Post([&view, request, done] { done(List(view, request->user_id())); });
        if (!posted.ok()) done(posted.error());
      });
  table.AddUnary<v1::SetWebhookRequest, v1::SetWebhookResponse>(
      "souk.notifications.v1.NotificationsService/SetWebhook",
      [config, &writer, &clock](auto call, auto request, auto done) {
        if (const auto checked = Check(*request, config); !checked.ok()) return done(checked.error());
        Work work;
        work.now = clock.Now();
        work.command = SetWebhook{request->user_id(), request->url(), request->secret(), call->context.idempotency_key};
        work.done = [call, done](Work& applied, const Result<void>& result) {
          if (!result.ok()) return done(result.error());
          if (applied.refusal) return done(*applied.refusal);
          if (applied.replayed) call->SetResponseHeader("Idempotent-Replayed", "true");
          done(v1::SetWebhookResponse());
        };
        if (const auto submitted = writer.Submit(std::move(work)); !submitted.ok()) done(submitted.error());
      });
}

}  // namespace souk::notifications
