#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts when a programmer's assumption is wrong. Always on. Never for user input.
#define SOUK_CHECK(condition)                                                                \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "CHECK failed at %s:%d: %s\n", __FILE__, __LINE__, #condition);   \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
