#include <openssl/evp.h>

#include <array>

#include "libs/base/hash.hpp"
#include "libs/redis/cluster.hpp"

namespace souk::redis {

Script MakeScript(std::string source) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // SHA-1 is what the protocol names scripts by; nothing is protected with it.
  EVP_Digest(source.data(), source.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return Script{std::move(source), ToHex(digest.data(), size)};
}

}  // namespace souk::redis
