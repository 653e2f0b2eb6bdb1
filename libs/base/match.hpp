#pragma once

namespace souk {

/// Overload set for std::visit: std::visit(Match{[](A&) {...}, [](B&) {...}}, variant).
template <class... Fs>
struct Match : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Match(Fs...) -> Match<Fs...>;

}  // namespace souk
