#include "services/fulfillment/adapters/api.hpp"

#include "services/fulfillment/adapters/codec.hpp"

namespace souk::fulfillment {
namespace {

constexpr std::size_t kTrackingCodeBytesMax = 40;

Result<v1::GetShipmentResponse> GetShipment(ShipmentView& view, ShipmentId id) {
  SOUK_ASSIGN_OR_RETURN(const ShipmentDetails details, view.Get(id));
  v1::GetShipmentResponse response;
  *response.mutable_shipment() = ToProto(details.shipment);
  for (const Station& station : details.stations) *response.add_events() = ToProto(station);
  return response;
}

// Whoever knows only the code learns nothing about the order or the address.
Result<v1::TrackShipmentResponse> TrackShipment(ShipmentView& view, const std::string& code) {
  SOUK_ASSIGN_OR_RETURN(const ShipmentDetails details, view.Track(code));
  v1::TrackShipmentResponse response;
  response.set_status(ToProto(details.shipment.status));
  for (const Station& station : details.stations) *response.add_events() = ToProto(station);
  return response;
}

/// Answers `done` with what `read` finds, on a reader thread.
template <class Response, class Read>
void ReadLater(chassis::ThreadPool& readers, std::function<void(Result<Response>)> done, Read read) {
  const Result<void> posted = readers.Post([done, read] { done(read()); });
  if (!posted.ok()) done(posted.error());
}

}  // namespace

void AddMethods(rpc::MethodTable& table, ShipmentView& view, chassis::ThreadPool& readers) {
  table.AddUnary<v1::GetShipmentRequest, v1::GetShipmentResponse>(
      "souk.fulfillment.v1.FulfillmentService/GetShipment", [&view, &readers](auto, auto request, auto done) {
        const auto id = ShipmentId::Parse(request->shipment_id());
        if (!id) return done(MalformedField("shipment_id", "must be a UUID"));
        ReadLater<v1::GetShipmentResponse>(readers, done, [&view, id = *id] { return GetShipment(view, id); });
      });
  table.AddUnary<v1::TrackShipmentRequest, v1::TrackShipmentResponse>(
      "souk.fulfillment.v1.FulfillmentService/TrackShipment", [&view, &readers](auto, auto request, auto done) {
        const std::string& code = request->tracking_code();
        if (code.empty() || code.size() > kTrackingCodeBytesMax) {
          return done(InvalidArgument("tracking_code", "must be 1 to 40 characters"));
        }
        ReadLater<v1::TrackShipmentResponse>(readers, done, [&view, code] { return TrackShipment(view, code); });
      });
}

}  // namespace souk::fulfillment
