#include "services/notifications/adapters/webhook_transport.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "libs/base/hash.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "services/notifications/adapters/codec.hpp"

namespace souk::notifications {
namespace {

failpoint::Point before_send("webhook.before_send", failpoint::Kind::kMayFail);
failpoint::Point after_send("webhook.after_send", failpoint::Kind::kMayFail);  // an error: taken, but we don't know

constexpr std::size_t kUrlBytesMax = 500;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;

bool IsPublic(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return IsPublicAddress({reinterpret_cast<const char*>(&v4->sin_addr), 4});
  }
  if (address->sa_family != AF_INET6) return false;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IsPublicAddress({reinterpret_cast<const char*>(&v6->sin6_addr), 16});
}

/// Checked here, after the name was resolved: a name that points inside, or starts to later, gets no connection.
curl_socket_t OpenSocket(void* refused, curlsocktype, curl_sockaddr* address) {
  if (refused != nullptr && !IsPublic(&address->addr)) {
    *static_cast<bool*>(refused) = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t DropAnswer(char*, std::size_t size, std::size_t count, void* data) {
  auto* seen = static_cast<std::size_t*>(data);
  *seen += size * count;
  return *seen > kAnswerBytesMax ? 0 : size * count;
}

struct UrlParts {
  std::string scheme, host;
  bool has_user = false;
};

/// With curl's own parser, so that what is checked is what is called.
std::optional<UrlParts> ParseWithCurl(const std::string& url) {
  CURLU* parsed = curl_url();
  std::optional<UrlParts> parts;
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    parts.emplace();
    const auto get = [&](CURLUPart part, std::string* out) {
      char* text = nullptr;
      const bool found = curl_url_get(parsed, part, &text, 0) == CURLUE_OK;
      if (found && out != nullptr) *out = text;
      curl_free(text);
      return found;
    };
    get(CURLUPART_SCHEME, &parts->scheme);
    get(CURLUPART_HOST, &parts->host);
    parts->has_user = get(CURLUPART_USER, nullptr) || get(CURLUPART_PASSWORD, nullptr);
  }
  curl_url_cleanup(parsed);
  return parts;
}

bool IsLocalName(std::string host) {
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!host.empty() && host.back() == '.') host.pop_back();
  const auto ends_with = [&](std::string_view suffix) {
    return host.size() >= suffix.size() && host.compare(host.size() - suffix.size(), suffix.size(), suffix) == 0;
  };
  return host == "localhost" || ends_with(".localhost") || ends_with(".local") || ends_with(".internal") ||
         host.find('.') == std::string::npos;
}

bool IsPublicHost(std::string host) {
  unsigned char bytes[16];
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
    return inet_pton(AF_INET6, host.c_str(), bytes) == 1 && IsPublicAddress({reinterpret_cast<const char*>(bytes), 16});
  }
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return IsPublicAddress({reinterpret_cast<const char*>(bytes), 4});
  return !IsLocalName(host);
}

}  // namespace

std::string WebhookSignature(const std::string& secret, SystemTime now, const std::string& body) {
  const std::string seconds = std::to_string(ToUnixMillis(now) / 1000);
  return "t=" + seconds + ",v1=" + HmacSha256Hex(secret, seconds + "." + body);
}

Result<void> CheckWebhookUrl(const std::string& url, bool private_addresses_allowed) {
  const auto wrong = [](const char* what) { return InvalidArgument("url", what); };
  if (url.empty() || url.size() > kUrlBytesMax) return wrong("must be 1 to 500 characters");
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; })) {
    return wrong("must be ASCII without spaces");
  }
  const auto parts = ParseWithCurl(url);
  if (!parts || parts->host.empty()) return wrong("must be a URL such as https://example.com/hook");
  if (parts->scheme != "http" && parts->scheme != "https") return wrong("must begin with http:// or https://");
  if (parts->has_user) return wrong("must not hold a user or password");
  if (!private_addresses_allowed && !IsPublicHost(parts->host))
    return wrong("must not point to a local or private address");
  return {};
}

struct WebhookTransport::Curl {
  Curl() : handle(curl_easy_init()) {}
  ~Curl() { curl_easy_cleanup(handle); }
  CURL* handle;
  char error[CURL_ERROR_SIZE] = {};
  bool refused = false;
};

WebhookTransport::WebhookTransport(WebhookConfig config, const Clock& clock)
    : config_(config), clock_(clock), curl_(std::make_unique<Curl>()) {
  CURL* handle = curl_->handle;
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, curl_->error);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(config_.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config_.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "souk-notifications/1");
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, config_.private_addresses_allowed ? nullptr : &curl_->refused);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, DropAnswer);
}

WebhookTransport::~WebhookTransport() = default;

Attempt WebhookTransport::Send(const Delivery& delivery) {
  if (delivery.recipient.empty()) return {Attempt::Result::kRefused, "the user has no webhook any more", false};
  const Result<std::string> body = WebhookBody(delivery);
  if (!body.ok()) return {Attempt::Result::kRefused, body.error().message, false};
  if (const auto passed = before_send.Try(); !passed.ok()) return {Attempt::Result::kTryLater, passed.error().message, false};
  Attempt attempt = Post(delivery, *body);
  if (const auto passed = after_send.Try(); !passed.ok()) return {Attempt::Result::kTryLater, passed.error().message, false};
  return attempt;
}

Attempt WebhookTransport::Post(const Delivery& delivery, const std::string& body) {
  CURL* handle = curl_->handle;
  const std::string id = delivery.notification_id.ToString();
  curl_slist* headers = nullptr;
  for (const std::string& header :
       {std::string("Content-Type: application/json"), "Souk-Notification-Id: " + id,
        "Souk-Event-Type: " + delivery.event_type,
        "Souk-Signature: " + WebhookSignature(delivery.secret, clock_.Now(), body), std::string("Expect:")}) {
    headers = curl_slist_append(headers, header.c_str());
  }
  std::size_t seen = 0;
  curl_easy_setopt(handle, CURLOPT_URL, delivery.recipient.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &seen);
  curl_->error[0] = '\0';
  curl_->refused = false;
  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
  curl_slist_free_all(headers);
  if (curl_->refused) return {Attempt::Result::kRefused, "the webhook's address is not public", false};
  if (status >= 200 && status < 300) return {};
  if (status == 410) return {Attempt::Result::kRefused, "HTTP 410: the receiver wants no more", false};
  if (status != 0) return {Attempt::Result::kTryLater, "HTTP " + std::to_string(status), false};
  return {Attempt::Result::kTryLater, curl_->error[0] != '\0' ? curl_->error : curl_easy_strerror(code), false};
}

}  // namespace souk::notifications
