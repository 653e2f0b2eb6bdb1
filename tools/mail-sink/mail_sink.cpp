#include "tools/mail-sink/mail_sink.hpp"

#include "libs/base/clock.hpp"
#include "libs/config/config.hpp"
#include "libs/http/server.hpp"
#include "tools/mail-sink/smtp_server.hpp"
#include "tools/mail-sink/web.hpp"

namespace souk::mail_sink {

void Declare(config::Schema& schema, Config* config) {
  schema.Text("host", &config->host, "127.0.0.1", "Address to listen on");
  schema.Int("smtp.port", &config->smtp_port, 3025, 0, 65535, "Port of SMTP; 0 picks one");
  schema.Int("http.port", &config->http_port, 3026, 0, 65535, "Port of the inbox page; 0 picks one");
  schema.Int("mails.max", &config->mails_max, 20'000, 1, 1'000'000, "Mails kept in memory, the latest");
  schema.Int("mail.kbytes_max", &config->mail_kbytes_max, 1024, 1, 65'536, "Largest mail that is taken, in KiB");
}

struct MailSink::Parts {
  explicit Parts(std::size_t mails_max) : mailbox(clock, mails_max) {}
  SystemClock clock;
  Mailbox mailbox;
  std::unique_ptr<SmtpServer> smtp;
  std::unique_ptr<http::Server> http;
};

MailSink::MailSink(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MailSink::~MailSink() = default;

Result<std::unique_ptr<MailSink>> MailSink::Start(const Config& config) {
  auto parts = std::make_unique<Parts>(static_cast<std::size_t>(config.mails_max));
  SmtpServerConfig smtp;
  smtp.host = config.host;
  smtp.port = config.smtp_port;
  smtp.limits.mail_bytes_max = static_cast<std::size_t>(config.mail_kbytes_max) * 1024;
  Mailbox& mailbox = parts->mailbox;
  SOUK_ASSIGN_OR_RETURN(parts->smtp, SmtpServer::Start(smtp, [&mailbox](ReceivedMail mail) {
                          mailbox.Add(mail);
                          return true;
                        }));
  const auto router = std::make_shared<http::Router>();
  MountWeb(*router, mailbox);
  http::ServerConfig http;
  http.host = config.host;
  http.port = config.http_port;
  SOUK_ASSIGN_OR_RETURN(parts->http, http::Server::Start(http, http::ToHandler(router)));
  return std::unique_ptr<MailSink>(new MailSink(std::move(parts)));
}

int MailSink::smtp_port() const { return parts_->smtp->port(); }
int MailSink::http_port() const { return parts_->http->port(); }
Mailbox& MailSink::mailbox() { return parts_->mailbox; }

}  // namespace souk::mail_sink
