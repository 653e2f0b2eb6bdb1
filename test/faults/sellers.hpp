#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"

namespace souk::faults {

/// Sellers who put new products up while something is struck, and want every product that was acknowledged to be on sale afterwards.
class Sellers {
 public:
  explicit Sellers(e2e::Fleet& fleet);
  ~Sellers();
  /// Offers one more product; doesn't wait for the answer.
  void Offer();
  /// Products that were acknowledged since the last call and that orders has no price for after 30 s: none, unless an event was lost.
  std::vector<std::string> NotOnSale();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace souk::faults
