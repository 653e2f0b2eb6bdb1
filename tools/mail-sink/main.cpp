#include <cstdio>

#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "tools/mail-sink/mail_sink.hpp"

int main(int argc, char** argv) {
  souk::chassis::BlockSignals();
  souk::mail_sink::Config config;
  souk::config::Schema schema("mail-sink");
  souk::mail_sink::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  auto sink = souk::mail_sink::MailSink::Start(config);
  if (!sink.ok()) {
    std::fprintf(stderr, "souk-mail-sink: %s\n", sink.error().message.c_str());
    return 1;
  }
  std::printf("mails at http://%s:%d/, SMTP on port %d\n", config.host.c_str(), (*sink)->http_port(),
              (*sink)->smtp_port());
  std::fflush(stdout);
  souk::chassis::WaitForSignal();
  return 0;
}
