#pragma once

#include <chrono>

#include "libs/base/random.hpp"

namespace souk::sim {

/// What goes wrong, in chances per 10,000 unless said otherwise. Each seed has a mix of its own: some kinds often, some never, since
/// a run with everything at once hides what only a few kinds together can show.
struct Faults {
  // SQL, per transaction.
  int aborted = 0;         ///< 40001 after everything was written
  int away = 0;            ///< the engine is away, for some seconds
  int unknown_lost = 0;    ///< the connection broke during COMMIT, and nothing is stored
  int unknown_done = 0;    ///< the same, and all is stored
  int crash_before = 0;    ///< the process dies before COMMIT is sent
  int crash_after = 0;     ///< the process dies before it hears of the commit
  // Processes.
  int crashes_per_hour = 0;  ///< of each process, at whatever point it is
  int pauses_per_hour = 0;   ///< stands still for up to 15 s and goes on
  int slow_step = 0;         ///< per step: takes up to a second
  // Engines and partners that are away for up to a minute.
  int outages_per_hour = 0;  ///< of each of: every database, the broker, the provider
  // Kafka.
  int produce_refused = 0;  ///< the producer's queue is full
  int produce_failed = 0;   ///< not stored, and the producer says that it does not know
  int produce_unsure = 0;   ///< stored, and the producer says that it does not know
  int duplicate = 0;        ///< per fetched batch: deliver some of it twice
  int shuffle = 0;          ///< per fetched batch: mix the keys
  int lost = 0;             ///< per saga message: put aside as a dead letter and dropped
  int offset_lost = 0;      ///< per offset commit
  // The card provider, per call.
  int provider_error = 0;
  int provider_error_after = 0;  ///< the work was done
  int provider_hangs = 0;
  int provider_hangs_after = 0;
  int provider_garbage = 0;
  int provider_late = 0;  ///< the request arrives after its caller gave up
  int refund_refused = 0;
  int webhook_lost = 0;
  int webhook_twice = 0;
  // Others.
  int carrier_away = 0;
  int redis_away = 0;   ///< per call of the counts
  int redis_failovers_per_hour = 0;  ///< the last writes are lost, or all
  int answer_lost = 0;  ///< to a client

  static Faults Of(Random& random);
};

/// How the shop of one seed is set up.
struct Settings {
  int instances = 2;  ///< of each service
  std::chrono::seconds hold{240};  ///< of a claim; in production longer than all waits before the capture together, here not always

  static Settings Of(Random& random);
};

}  // namespace souk::sim
