// What each kind of work does to what the batch has loaded.
#include "services/products/app/batch.hpp"

#include <algorithm>

namespace souk::products {

void Batch::Changed(const Work& work, TrackedProduct& product, const std::optional<Money>& price_before) {
  const Product& now = product.state;
  if (price_before != now.content.price) product.new_prices.push_back({now.content.price, now.version, now_});
  events_.push_back({ProductEvent{now}, now_, work.causation_id, work.traceparent});
}

void Batch::Changed(const Work& work, const Collection& collection) {
  events_.push_back({CollectionEvent{collection}, now_, work.causation_id, work.traceparent});
}

Result<const Product*> Batch::CreateOne(const Work& work, const Uuid& id, const Content& content) {
  SOUK_RETURN_IF_ERROR(Check(content));  // first: its SKU is not to be tracked before it is one
  SOUK_RETURN_IF_ERROR(CheckCollections(content));
  SOUK_ASSIGN_OR_RETURN(Product product, Create(id, content, SkuOf(content.sku).state, now_));
  TrackedProduct& tracked = products_[id];
  tracked.state = std::move(product);
  Changed(work, tracked, std::nullopt);
  return &tracked.state;
}

Result<const Product*> Batch::ChangeOne(const Work& work, TrackedProduct& product, const Expected& expected, Content content) {
  const Money price = product.state.content.price;
  const std::int64_t version = product.state.version;
  // A collection that is gone matters only to those who put the product into it now.
  const bool same_collections = content.collections == product.state.content.collections;
  if (!same_collections && product.state.live()) SOUK_RETURN_IF_ERROR(CheckCollections(content));
  SOUK_RETURN_IF_ERROR(Change(product.state, expected, std::move(content), SkuOf(product.state.content.sku).state, now_));
  if (product.state.version != version) Changed(work, product, price);
  return &product.state;
}

Result<void> Batch::On(Work& work, const CreateProductWork& job) {
  SOUK_ASSIGN_OR_RETURN(const Product* product, CreateOne(work, job.id, job.content));
  work.outcome.product = *product;
  return {};
}

Result<void> Batch::On(Work& work, const EditProductWork& job) {
  TrackedProduct* product = Find(job.id);
  if (product == nullptr) return UnknownProduct();
  if (!product->state.live()) return DeletedProduct();
  // A patch made for another version may not even fit this one: say that first.
  if (job.expected && *job.expected != product->state.version) return OtherVersion(product->state.version);
  SOUK_ASSIGN_OR_RETURN(Content content, job.edit(product->state.content));
  SOUK_ASSIGN_OR_RETURN(const Product* changed, ChangeOne(work, *product, job.expected, std::move(content)));
  work.outcome.product = *changed;
  return {};
}

Result<void> Batch::On(Work& work, const DeleteProductWork& job) {
  TrackedProduct* product = Find(job.id);
  if (product == nullptr) return UnknownProduct();
  SOUK_RETURN_IF_ERROR(Delete(product->state, job.expected, SkuOf(product->state.content.sku).state, now_));
  Changed(work, *product, product->state.content.price);
  work.outcome.product = product->state;
  return {};
}

Result<void> Batch::On(Work& work, const RestoreProductWork& job) {
  TrackedProduct* product = Find(job.id);
  if (product == nullptr) return UnknownProduct();
  SOUK_RETURN_IF_ERROR(Restore(product->state, job.expected, SkuOf(product->state.content.sku).state, now_));
  // Collections may have been deleted while it was.
  std::erase_if(product->state.content.collections, [&](const Uuid& id) {
    const auto it = collections_.find(id);
    return it == collections_.end() || it->second.state.deleted;
  });
  Changed(work, *product, product->state.content.price);
  work.outcome.product = product->state;
  return {};
}

Result<void> Batch::On(Work& work, const StockWork& job) {
  TrackedProduct* product = Find(job.product_id);
  if (product == nullptr) return UnknownProduct();
  if (!product->state.live()) return DeletedProduct();
  TrackedSku& sku = SkuOf(product->state.content.sku);
  events_.push_back({StockCommand{job, sku.state.sku, ++sku.state.stock_requests}, now_, work.causation_id, work.traceparent});
  work.outcome.product = product->state;
  work.outcome.movement_id = job.movement_id;
  return {};
}

Result<void> Batch::On(Work& work, const CreateCollectionWork& job) {
  SOUK_ASSIGN_OR_RETURN(Collection collection, CreateCollection(job.id, job.content, now_));
  Changed(work, collection);
  work.outcome.collection = collection;
  collections_[job.id].state = std::move(collection);
  return {};
}

Result<void> Batch::On(Work& work, const ReplaceCollectionWork& job) {
  const auto it = collections_.find(job.id);
  if (it == collections_.end()) return UnknownCollection();
  Collection& collection = it->second.state;
  const std::int64_t version = collection.version;
  SOUK_RETURN_IF_ERROR(ChangeCollection(collection, job.expected, job.content, now_));
  if (collection.version != version) Changed(work, collection);
  work.outcome.collection = collection;
  return {};
}

Result<void> Batch::On(Work& work, const DeleteCollectionWork& job) {
  const auto it = collections_.find(job.id);
  if (it == collections_.end()) return UnknownCollection();
  SOUK_RETURN_IF_ERROR(DeleteCollection(it->second.state, job.expected, InUse(job.id), now_));
  Changed(work, it->second.state);
  work.outcome.collection = it->second.state;
  return {};
}

Result<void> Batch::On(Work& work, const ImportWork& job) {
  TrackedImport& import = imports_[job.import_id];
  import.state.id = job.import_id;
  import.state.name = job.name;
  if (import.state.last_line != job.after_line) {
    Error error = MakeError(ErrorCode::kAborted, "another call applies lines of this import right now; ask again", "IMPORT_IN_FLIGHT");
    error.details_json = "{\"lastLine\":" + std::to_string(import.state.last_line) + "}";
    return error;
  }
  for (const ImportLine& line : job.lines) {
    LineReport report = Import(work, line);
    switch (report.outcome) {
      case LineOutcome::kCreated: ++import.state.created; break;
      case LineOutcome::kUpdated: ++import.state.updated; break;
      case LineOutcome::kUnchanged: ++import.state.unchanged; break;
      case LineOutcome::kRefused: ++import.state.refused; break;
    }
    work.outcome.lines.push_back(std::move(report));
  }
  import.state.last_line = job.last_line;
  work.outcome.import = import.state;
  return {};
}

LineReport Batch::Import(const Work& work, const ImportLine& line) {
  LineReport report;
  report.number = line.number;
  if (!line.content.ok()) {
    report.error = line.content.error();
    return report;
  }
  report.sku = line.content->sku;
  const auto sku = skus_.find(report.sku);
  TrackedProduct* product = sku == skus_.end() || !sku->second.state.product ? nullptr : Find(*sku->second.state.product);
  const std::int64_t version = product == nullptr ? 0 : product->state.version;
  const Result<const Product*> written = product == nullptr ? CreateOne(work, line.new_id, *line.content) : ChangeOne(work, *product, std::nullopt, *line.content);
  if (!written.ok()) {
    report.error = written.error();
    return report;
  }
  const Product& now = **written;
  report.product_id = now.id;
  report.outcome = version == 0 ? LineOutcome::kCreated : version == now.version ? LineOutcome::kUnchanged : LineOutcome::kUpdated;
  return report;
}

}  // namespace souk::products
