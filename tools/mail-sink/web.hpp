#pragma once

#include "libs/http/router.hpp"
#include "tools/mail-sink/mailbox.hpp"

namespace souk::mail_sink {

/// GET / (the inbox page), GET /api/mails?to=&limit=, GET /api/stats, DELETE /api/mails.
void MountWeb(http::Router& router, Mailbox& mailbox);

}  // namespace souk::mail_sink
