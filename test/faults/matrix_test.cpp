#include "test/faults/matrix.hpp"

#include <gtest/gtest.h>

namespace souk::faults {
namespace {

// F13, F14, F30, F49, F64 and every other place: kill -9 at each named point of each service. What dies is started again by its supervisor
// alone.
TEST(MatrixTest, F49EveryFailPointSurvivesKill) {
  e2e::Fleet& fleet = e2e::Fleet::Get();
  fleet.Override("all", "SOUK_FAILPOINTS=on\n");
  const std::vector<Cell> cells = RunMatrix(fleet, {}, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  EXPECT_TRUE(AllSurvived(cells)) << ToTable(cells);
  for (const Cell& cell : cells) {
    EXPECT_TRUE(cell.reached) << cell.point << " was not reached " << cell.trouble;
    EXPECT_TRUE(cell.survived) << cell.point << ": " << cell.trouble;
  }
  std::printf("%s", ToTable(cells).c_str());
  fleet.Override("all", "");
}

}  // namespace
}  // namespace souk::faults
