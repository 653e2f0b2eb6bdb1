#include "tools/mail-sink/web.hpp"

#include <charconv>

#include "libs/base/time.hpp"
#include "libs/http/problem.hpp"
#include "tools/mail-sink/inbox_page.hpp"

namespace souk::mail_sink {
namespace {

constexpr std::size_t kLimitDefault = 100;
constexpr std::size_t kLimitMax = 10'000;

Result<std::size_t> ReadLimit(const http::Request& request) {
  const auto text = request.Query("limit");
  if (!text) return kLimitDefault;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > kLimitMax) {
    return MalformedField("limit", "must be 1 to 10000");
  }
  return limit;
}

std::string Json(const Mail& mail) {
  std::string to;
  for (const std::string& recipient : mail.to) to += (to.empty() ? "" : ",") + http::JsonQuote(recipient);
  return "{\"number\":" + std::to_string(mail.number) + ",\"at\":" + http::JsonQuote(FormatTime(mail.at)) +
         ",\"from\":" + http::JsonQuote(mail.from) + ",\"to\":[" + to +
         "],\"subject\":" + http::JsonQuote(mail.subject) + ",\"messageId\":" + http::JsonQuote(mail.message_id) +
         ",\"text\":" + http::JsonQuote(mail.text) + "}";
}

std::string Json(const MailStats& stats) {
  return "{\"received\":" + std::to_string(stats.received) + ",\"duplicates\":" + std::to_string(stats.duplicates) +
         ",\"distinct\":" + std::to_string(stats.distinct) + ",\"kept\":" + std::to_string(stats.kept) + "}";
}

void ListMails(Mailbox& mailbox, const http::Request& request, http::Responder responder) {
  const Result<std::size_t> limit = ReadLimit(request);
  if (!limit.ok()) return responder.Send(http::ProblemResponse(limit.error(), request.context));
  std::string body = "{\"mails\":[";
  for (const Mail& mail : mailbox.List(request.Query("to").value_or(""), *limit)) {
    if (body.back() == '}') body += ',';
    body += Json(mail);
  }
  responder.Send({200, {}, body + "]}"});
}

}  // namespace

void MountWeb(http::Router& router, Mailbox& mailbox) {
  router.Add("GET", "/", [](http::Request, http::Responder responder) {
    responder.Send({200,
                    {{"Content-Type", "text/html; charset=utf-8"},
                     {"Content-Security-Policy",
                      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"}},
                    std::string(kInboxPage)});
  });
  router.Add("GET", "/api/mails", [&mailbox](http::Request request, http::Responder responder) {
    ListMails(mailbox, request, std::move(responder));
  });
  router.Add("GET", "/api/stats", [&mailbox](http::Request, http::Responder responder) {
    responder.Send({200, {}, Json(mailbox.Stats())});
  });
  router.Add("DELETE", "/api/mails", [&mailbox](http::Request, http::Responder responder) {
    mailbox.Clear();
    responder.Send({204, {}, {}});
  });
}

}  // namespace souk::mail_sink
