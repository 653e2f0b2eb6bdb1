#include "services/products/config.hpp"

namespace souk::products {

void Declare(config::Schema& schema, Config* config) {
  chassis::DeclareCommon(schema, &config->common, 3005);
  schema.Int("writer.batch_max", &config->writer_batch_max, 256, 1, 10'000, "Works per transaction");
  schema.Int("import.lines_per_part", &config->import_lines_per_part, 200, 1, 2'000, "Lines of an import applied in one transaction");
}

}  // namespace souk::products
