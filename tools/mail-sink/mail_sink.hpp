#pragma once

#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "tools/mail-sink/mailbox.hpp"

namespace souk::config {
class Schema;
}

namespace souk::mail_sink {

struct Config {
  std::string host = "127.0.0.1";
  int smtp_port = 0;  ///< 0 lets the system choose
  int http_port = 0;
  int mails_max = 20'000;
  int mail_kbytes_max = 1024;
};
void Declare(config::Schema& schema, Config* config);

/// Both servers and the mailbox between them. Tests run it in their own process.
class MailSink {
 public:
  static Result<std::unique_ptr<MailSink>> Start(const Config& config);
  ~MailSink();
  int smtp_port() const;
  int http_port() const;
  Mailbox& mailbox();

 private:
  struct Parts;
  explicit MailSink(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::mail_sink
