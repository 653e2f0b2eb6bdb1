#include "services/notifications/domain/notice.hpp"

#include <algorithm>

namespace souk::notifications {
namespace {

std::string Because(const Facts& facts) { return facts.reason.empty() ? "" : "\n\n" + facts.reason; }

std::string MoneyBack(const Facts& facts) {
  if (facts.refunded.minor_units == 0) return "You have not been charged.";
  return "We have paid back " + ToString(facts.refunded) + ".";
}

std::string Short(const std::string& order_id) { return order_id.substr(0, 8); }

}  // namespace

std::string_view ToString(Channel channel) { return channel == Channel::kEmail ? "email" : "webhook"; }

MailText RenderMail(const Facts& facts) {
  const std::string order = "order " + Short(facts.order_id);
  const std::string full = "\n\nOrder: " + facts.order_id + "\n";
  switch (facts.kind) {
    case NoticeKind::kConfirmed:
      return {"Your " + order + " is confirmed",
              "Thank you. We have received " + ToString(facts.total) + " and are packing your parcel." + full};
    case NoticeKind::kDispatched:
      return {"Your " + order + " is on its way",
              "The carrier has your parcel. Tracking code: " + facts.tracking_code + full};
    case NoticeKind::kCompleted:
      return {"Your " + order + " has arrived", "Your parcel was delivered. Enjoy it." + full};
    case NoticeKind::kRejected:
      return {"We could not fulfil your " + order, "We are sorry. " + MoneyBack(facts) + Because(facts) + full};
    case NoticeKind::kCancelled: return {"Your " + order + " is cancelled", MoneyBack(facts) + Because(facts) + full};
    case NoticeKind::kReturned: return {"We have your return of " + order, MoneyBack(facts) + full};
    case NoticeKind::kStockLow: break;
  }
  return {"Low stock: " + facts.sku, std::to_string(facts.available) + " left of " + facts.sku +
                                         "; you asked to be told at " + std::to_string(facts.threshold) + ".\n"};
}

Uuid NotificationId(const Notice& notice, Channel channel) {
  return Uuid::FromName("notification",
                        notice.user_id + "|" + notice.event_id.ToString() + "|" + std::string(ToString(channel)));
}

bool IsMailable(std::string_view address) {
  if (address.size() < 3 || address.size() > 254) return false;
  const bool clean =
      std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; });
  const std::size_t at = address.find('@');
  return clean && at != 0 && at + 1 < address.size() && address.find('@', at + 1) == std::string_view::npos;
}

}  // namespace souk::notifications
