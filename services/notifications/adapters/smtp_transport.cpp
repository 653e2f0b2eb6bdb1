#include "services/notifications/adapters/smtp_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

#include "libs/failpoint/failpoint.hpp"
#include "services/notifications/adapters/codec.hpp"
#include "services/notifications/adapters/mail_message.hpp"

namespace souk::notifications {
namespace {

failpoint::Point before_send("smtp.before_send", failpoint::Kind::kMayFail);
failpoint::Point after_send("smtp.after_send", failpoint::Kind::kMayFail);  // an error: taken, but we don't know

struct Upload {
  std::string text;
  std::size_t at = 0;
};

std::size_t ReadUpload(char* buffer, std::size_t size, std::size_t count, void* data) {
  auto* upload = static_cast<Upload*>(data);
  const std::size_t bytes = std::min(size * count, upload->text.size() - upload->at);
  std::memcpy(buffer, upload->text.data() + upload->at, bytes);
  upload->at += bytes;
  return bytes;
}

Attempt ToAttempt(CURLcode code, long reply, const char* error) {
  if (code == CURLE_OK) return {};
  std::string reason = error[0] != '\0' ? error : curl_easy_strerror(code);
  const bool about_us = reply == 421 || reply == 530 || reply == 535 || code == CURLE_LOGIN_DENIED;
  if (reply >= 500 && reply < 600 && !about_us)
    return {Attempt::Result::kRefused, "SMTP " + std::to_string(reply) + ": " + reason, false};
  const bool silent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                      code == CURLE_OPERATION_TIMEDOUT || code == CURLE_USE_SSL_FAILED ||
                      code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION;
  return {Attempt::Result::kTryLater, std::move(reason), silent || about_us};
}

}  // namespace

struct SmtpTransport::Curl {
  Curl() : handle(curl_easy_init()) {}
  ~Curl() { curl_easy_cleanup(handle); }
  CURL* handle;
  char error[CURL_ERROR_SIZE] = {};
};

SmtpTransport::SmtpTransport(SmtpConfig config, const Clock& clock)
    : config_(std::move(config)), clock_(clock), curl_(std::make_unique<Curl>()) {
  CURL* handle = curl_->handle;
  curl_easy_setopt(handle, CURLOPT_URL, config_.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, ReadUpload);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, curl_->error);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(config_.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(3000L, static_cast<long>(config_.timeout.count())));
  curl_easy_setopt(handle, CURLOPT_USE_SSL, static_cast<long>(config_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!config_.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, config_.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, config_.password.c_str());
  }
}

SmtpTransport::~SmtpTransport() = default;

Attempt SmtpTransport::Send(const Delivery& delivery) {
  const Result<Facts> facts = DecodeFacts(delivery.event_type, delivery.payload);
  if (!facts.ok()) return {Attempt::Result::kRefused, facts.error().message, false};
  Upload upload{BuildMail(config_.from, delivery.recipient, RenderMail(*facts), delivery.notification_id.ToString(),
                          clock_.Now())};
  const std::string from = "<" + config_.from + ">";
  const std::string to = "<" + delivery.recipient + ">";
  curl_slist* recipients = curl_slist_append(nullptr, to.c_str());
  CURL* handle = curl_->handle;
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(handle, CURLOPT_READDATA, &upload);
  curl_->error[0] = '\0';
  const bool sends = before_send.Try().ok();
  const CURLcode code = sends ? curl_easy_perform(handle) : CURLE_SEND_ERROR;
  const bool heard = after_send.Try().ok();
  long reply = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, nullptr);
  curl_slist_free_all(recipients);
  return ToAttempt(heard ? code : CURLE_RECV_ERROR, heard ? reply : 0, curl_->error);
}

}  // namespace souk::notifications
