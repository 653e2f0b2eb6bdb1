#pragma once

#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "services/notifications/domain/notice.hpp"

namespace souk::notifications {

/// A mail as it goes into SMTP's DATA (RFC 5322, lines end with CRLF). `from` and `to` are plain addresses. The
/// Message-ID is made of `id`, so that a server that got the mail before can drop it. Text beyond ASCII becomes base64;
/// line breaks in the title become spaces.
std::string BuildMail(std::string_view from, std::string_view to, const MailText& text, std::string_view id,
                      SystemTime date);

}  // namespace souk::notifications
