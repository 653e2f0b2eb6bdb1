#include "services/order-recovery/app/memory_watch_store.hpp"

#include "services/order-recovery/app/watch_store_contract.hpp"

namespace souk::recovery::testing {
namespace {

class MemoryKit {
 public:
  WatchStore& store() { return store_; }
  WatchStore& second() { return store_; }

 private:
  MemoryWatchStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, WatchStoreContract, MemoryKit);

}  // namespace
}  // namespace souk::recovery::testing
