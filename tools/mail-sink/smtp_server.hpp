#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "tools/mail-sink/smtp_session.hpp"

namespace souk::mail_sink {

struct SmtpServerConfig {
  std::string host = "127.0.0.1";
  int port = 0;                       ///< 0 lets the system choose
  std::size_t connections_max = 256;  ///< more are closed at once
  int idle_seconds = 300;             ///< a silent connection is closed
  SmtpSession::Limits limits;
};

/// Serves SMTP on one thread.
class SmtpServer {
 public:
  /// `on_mail` runs on the server's thread. kUnavailable when the port can't be bound.
  static Result<std::unique_ptr<SmtpServer>> Start(SmtpServerConfig config, SmtpSession::OnMail on_mail);
  /// Cuts every connection.
  ~SmtpServer();
  int port() const;

 private:
  class State;
  explicit SmtpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::mail_sink
