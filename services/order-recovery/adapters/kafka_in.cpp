#include "services/order-recovery/adapters/kafka_in.hpp"

#include "services/order-recovery/adapters/codec.hpp"

namespace souk::recovery {

Result<kafka::Verdicts> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  kafka::Verdicts verdicts(records.size());
  std::vector<Sighting> sightings;
  sightings.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Result<kafka::Envelope> envelope = kafka::ParseEnvelope(records[i]);
    if (!envelope.ok()) {
      verdicts[i] = envelope.error();
      continue;
    }
    Result<std::optional<Sighting>> sighting = DecodeEvent(*envelope, records[i].value);
    if (!sighting.ok()) {
      verdicts[i] = sighting.error();
    } else if (*sighting) {
      sightings.push_back(std::move(**sighting));
    }
  }
  SOUK_RETURN_IF_ERROR(resume_.See(sightings));
  return verdicts;
}

}  // namespace souk::recovery
