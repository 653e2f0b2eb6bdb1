#pragma once

#include <string>
#include <vector>

namespace souk::gateway {

/// A file of web/, put into the binary when it is built, so that the page needs no other host and no folder.
struct WebFile {
  std::string path;  ///< "/app.js"
  std::string type;
  std::string text;
};

const std::vector<WebFile>& WebFiles();

}  // namespace souk::gateway
