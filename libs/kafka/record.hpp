#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace souk::kafka {

struct Header {
  std::string key;
  std::string value;
  bool operator==(const Header&) const = default;
};

/// One message of a topic, on its way in or out.
struct Record {
  std::string topic;
  std::string key;  ///< the aggregate id: all messages of one aggregate share a partition and stay in order
  std::string value;
  std::vector<Header> headers;
  int partition = -1;              ///< set when consumed; a producer chooses by key (murmur2, as Java clients do)
  std::int64_t offset = -1;        ///< set when consumed
  std::int64_t timestamp_ms = 0;   ///< set when consumed: Unix time in milliseconds

  /// The value of the first header of that name; empty when there is none.
  std::string_view HeaderValue(std::string_view name) const {
    for (const Header& header : headers) {
      if (header.key == name) return header.value;
    }
    return {};
  }
};

}  // namespace souk::kafka
