#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "services/products/app/apply_batch.hpp"

namespace souk::products {

/// What every ProductStore and its view must do. `Fixture` offers NewInstance() (one more process on the same data), view(), EventVersions(sku) (versions of the
/// product events, in their order) and Poison(content) (makes a content that can't be stored).
template <class Fixture>
class ProductStoreContract : public ::testing::Test {
 protected:
  static Uuid IdOf(int n) { return Uuid::FromName("product", std::to_string(n)); }
  static Uuid CollectionId(int n) { return Uuid::FromName("collection", std::to_string(n)); }
  static Content ContentOf(int n) {
    Content content;
    content.sku = "SKU-" + std::to_string(n);
    content.name = "Thing " + std::to_string(n % 7);
    content.price = {100 + n % 5, "GBP"};
    return content;
  }
  Work Do(Job job) {
    Work work;
    work.job = std::move(job);
    Apply(work);
    return work;
  }
  void Apply(Work& work) {
    if (!store_) store_ = fixture_.NewInstance();
    const Result<void> applied = ApplyBatch(*store_, clock_, std::span<Work>(&work, 1));
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
    clock_.Advance(std::chrono::seconds(1));
  }
  Work Add(int n) { return Do(CreateProductWork{IdOf(n), ContentOf(n)}); }
  Work Edit(int n, Expected expected, std::function<void(Content&)> change) {
    return Do(EditProductWork{IdOf(n), expected, [change](const Content& before) -> Result<Content> {
                                Content content = before;
                                change(content);
                                return content;
                              }});
  }
  static std::string ReasonOf(const Work& work) { return work.outcome.error ? work.outcome.error->reason : "none"; }
  std::vector<std::string> SkusOf(const ListQuery& query) {
    std::vector<std::string> skus;
    const auto page = fixture_.view().List(query);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().message);
    for (const Product& product : *page) skus.push_back(product.content.sku);
    return skus;
  }

  Fixture fixture_;
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  std::unique_ptr<ProductStore> store_;
};

TYPED_TEST_SUITE_P(ProductStoreContract);

TYPED_TEST_P(ProductStoreContract, KeepsAllOfAProduct) {
  this->Do(CreateCollectionWork{this->CollectionId(1), {"Lamps", "", "en"}});
  Content content = this->ContentOf(1);
  content.description = "Robert'); DROP TABLE products; --\n\"quoted\" \\ back, {braces}, \u05E9\u05DC\u05D5\u05DD \U0001F600";
  content.attributes = {{"colour", EnumValue{"red"}}, {"weight", 1.25}, {"note", std::string("by hand")}};
  content.images = {{"https://example.org/a.png", "front"}, {"http://example.org/b.png", ""}};
  content.collections = {this->CollectionId(1)};
  content.seller_id = "seller-1";
  content.low_stock_threshold = 7;
  const Work made = this->Do(CreateProductWork{this->IdOf(1), content});
  ASSERT_FALSE(made.outcome.error) << made.outcome.error->message;
  const auto stored = this->fixture_.view().Get(this->IdOf(1));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->content, content);
  EXPECT_EQ(*stored, *made.outcome.product);
  EXPECT_EQ(stored->version, 1);
}

TYPED_TEST_P(ProductStoreContract, RefusesAnOldVersionAndChangesNothingForTheSameContent) {
  this->Add(1);
  EXPECT_EQ(this->Edit(1, 1, [](Content& c) { c.name = "New"; }).outcome.product->version, 2);
  EXPECT_EQ(this->ReasonOf(this->Edit(1, 1, [](Content& c) { c.name = "Newer"; })), "VERSION_CHANGED");
  EXPECT_EQ(this->Edit(1, 2, [](Content&) {}).outcome.product->version, 2);
  EXPECT_EQ(this->fixture_.view().Get(this->IdOf(1))->content.name, "New");
  EXPECT_EQ(this->fixture_.EventVersions("SKU-1"), (std::vector<std::int64_t>{1, 2}));
}

TYPED_TEST_P(ProductStoreContract, KeepsASkuUniqueAmongLiveProductsAndItsVersionsRising) {
  this->Add(1);
  Content same = this->ContentOf(2);
  same.sku = "SKU-1";
  EXPECT_EQ(this->ReasonOf(this->Do(CreateProductWork{this->IdOf(2), same})), "SKU_TAKEN");
  EXPECT_EQ(this->Do(DeleteProductWork{this->IdOf(1), 1}).outcome.product->version, 2);
  EXPECT_EQ(this->Do(CreateProductWork{this->IdOf(2), same}).outcome.product->version, 3);
  EXPECT_EQ(this->ReasonOf(this->Do(RestoreProductWork{this->IdOf(1), std::nullopt})), "SKU_TAKEN");
  this->Do(DeleteProductWork{this->IdOf(2), std::nullopt});
  const Work restored = this->Do(RestoreProductWork{this->IdOf(1), 2});
  ASSERT_FALSE(restored.outcome.error);
  EXPECT_EQ(restored.outcome.product->version, 5);
  EXPECT_EQ(this->ReasonOf(this->Do(RestoreProductWork{this->IdOf(1), std::nullopt})), "NOT_DELETED");
  EXPECT_EQ(this->ReasonOf(this->Edit(2, std::nullopt, [](Content&) {})), "PRODUCT_DELETED");
  EXPECT_EQ(this->fixture_.EventVersions("SKU-1"), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
}

TYPED_TEST_P(ProductStoreContract, RemembersEveryPrice) {
  this->Add(1);
  this->Edit(1, std::nullopt, [](Content& c) { c.price = {250, "EUR"}; });
  this->Edit(1, std::nullopt, [](Content& c) { c.name = "Same price"; });
  this->Edit(1, std::nullopt, [](Content& c) { c.price = {300, "EUR"}; });
  const auto prices = this->fixture_.view().Prices(this->IdOf(1));
  ASSERT_TRUE(prices.ok());
  ASSERT_EQ(prices->size(), 3u);
  EXPECT_EQ((*prices)[0].price, (Money{300, "EUR"}));
  EXPECT_EQ((*prices)[0].version, 4);
  EXPECT_EQ((*prices)[2].price, (Money{101, "GBP"}));
  EXPECT_FALSE(this->fixture_.view().Prices(this->IdOf(9)).ok());
}

TYPED_TEST_P(ProductStoreContract, PutsProductsIntoCollectionsThatExistAndDeletesEmptyOnes) {
  const auto join = [&](Content& c) { c.collections = {this->CollectionId(1)}; };
  this->Add(1);
  EXPECT_EQ(this->Edit(1, std::nullopt, join).outcome.error->fields.at(0).field, "collection_ids");
  this->Do(CreateCollectionWork{this->CollectionId(1), {"Lamps", "", "en"}});
  EXPECT_FALSE(this->Edit(1, std::nullopt, join).outcome.error);
  EXPECT_EQ(this->ReasonOf(this->Do(DeleteCollectionWork{this->CollectionId(1), 1})), "COLLECTION_NOT_EMPTY");
  ListQuery query;
  query.collection = this->CollectionId(1);
  EXPECT_EQ(this->SkusOf(query), (std::vector<std::string>{"SKU-1"}));
  this->Do(DeleteProductWork{this->IdOf(1), std::nullopt});
  EXPECT_EQ(this->SkusOf(query), (std::vector<std::string>{}));
  EXPECT_EQ(this->ReasonOf(this->Do(DeleteCollectionWork{this->CollectionId(1), 9})), "VERSION_CHANGED");
  EXPECT_FALSE(this->Do(DeleteCollectionWork{this->CollectionId(1), 1}).outcome.error);
  EXPECT_FALSE(this->fixture_.view().GetCollection(this->CollectionId(1)).ok());
  // What it was in is gone: it comes back without.
  EXPECT_TRUE(this->Do(RestoreProductWork{this->IdOf(1), std::nullopt}).outcome.product->content.collections.empty());
}

TYPED_TEST_P(ProductStoreContract, GivesTheSameAnswerForTheSameKeyAndRefusesAnotherBody) {
  Work first;
  first.job = CreateProductWork{this->IdOf(1), this->ContentOf(1)};
  first.key = KeyUse{Uuid::FromName("key", "1"), "body"};
  Work again = first;
  again.job = CreateProductWork{this->IdOf(2), this->ContentOf(1)};
  Work other = again;
  other.key->request_hash = "other";
  this->Apply(first);
  this->Edit(1, std::nullopt, [](Content& c) { c.name = "Changed meanwhile"; });
  this->Apply(again);
  this->Apply(other);
  EXPECT_TRUE(again.outcome.replayed);
  EXPECT_EQ(*again.outcome.product, *first.outcome.product);
  EXPECT_EQ(this->ReasonOf(other), "IDEMPOTENCY_KEY_REUSED");
}

TYPED_TEST_P(ProductStoreContract, ListsInEveryOrderPageByPageEachOnce) {
  std::vector<Work> works(30);
  for (int n = 0; n < 30; ++n) works[static_cast<std::size_t>(n)].job = CreateProductWork{this->IdOf(n), this->ContentOf(n)};
  auto store = this->fixture_.NewInstance();
  ASSERT_TRUE(ApplyBatch(*store, this->clock_, works).ok());
  this->Do(DeleteProductWork{this->IdOf(3), std::nullopt});
  for (const SortBy sort : {SortBy::kName, SortBy::kPrice, SortBy::kSku, SortBy::kCreated, SortBy::kUpdated}) {
    for (const bool descending : {false, true}) {
      ListQuery query;
      query.sort = sort;
      query.descending = descending;
      query.limit = 7;
      std::vector<std::pair<std::string, Uuid>> seen;
      while (true) {
        const auto page = this->fixture_.view().List(query);
        ASSERT_TRUE(page.ok()) << page.error().message;
        for (const Product& product : *page) seen.emplace_back(SortKey(product, sort), product.id);
        if (page->size() < 7) break;
        query.after = seen.back();
      }
      EXPECT_EQ(seen.size(), 29u);
      EXPECT_TRUE(descending ? std::is_sorted(seen.rbegin(), seen.rend()) : std::is_sorted(seen.begin(), seen.end())) << static_cast<int>(sort);
    }
  }
  ListQuery query;
  query.sort = SortBy::kSku;
  query.descending = false;
  query.currency = "GBP";
  query.price_min = 104;
  EXPECT_EQ(this->SkusOf(query).size(), 6u);
  query.price_max = 103;
  EXPECT_EQ(this->SkusOf(query).size(), 0u);
  query = {};
  query.deleted = true;
  EXPECT_EQ(this->SkusOf(query), (std::vector<std::string>{"SKU-3"}));
  query = {};
  query.sku = "SKU-5";
  EXPECT_EQ(this->SkusOf(query), (std::vector<std::string>{"SKU-5"}));
}

TYPED_TEST_P(ProductStoreContract, ImportsEachLineOnceAndGoesOnAfterTheLastOne) {
  this->Add(1);
  const auto part = [&](std::int64_t after, std::vector<int> numbers) {
    ImportWork import{Uuid::FromName("import", "a"), "a", after, after, {}};
    for (const int n : numbers) import.lines.push_back({++import.last_line, this->IdOf(100 + n), this->ContentOf(n)});
    return import;
  };
  ImportWork bad = part(0, {1, 2, 3});
  bad.lines[2].content = InvalidArgument("price", "is no price");
  const Work first = this->Do(bad);
  ASSERT_FALSE(first.outcome.error);
  ASSERT_EQ(first.outcome.lines.size(), 3u);
  EXPECT_EQ(first.outcome.lines[0].outcome, LineOutcome::kUnchanged);
  EXPECT_EQ(first.outcome.lines[1].outcome, LineOutcome::kCreated);
  EXPECT_EQ(first.outcome.lines[2].error->fields.at(0).field, "price");
  EXPECT_EQ(this->ReasonOf(this->Do(bad)), "IMPORT_IN_FLIGHT");
  EXPECT_FALSE(this->Do(part(3, {4})).outcome.error);
  const auto state = this->fixture_.view().GetImport(Uuid::FromName("import", "a"));
  ASSERT_TRUE(state.ok() && state->has_value());
  EXPECT_EQ((*state)->last_line, 4);
  EXPECT_EQ((*state)->created, 2);
  EXPECT_EQ((*state)->unchanged, 1);
  EXPECT_EQ((*state)->refused, 1);
}

TYPED_TEST_P(ProductStoreContract, AFailedBatchLeavesNothing) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works(2);
  works[0].job = CreateProductWork{this->IdOf(1), this->ContentOf(1)};
  works[1].job = CreateProductWork{this->IdOf(2), this->fixture_.Poison(this->ContentOf(2))};
  EXPECT_FALSE(ApplyBatch(*store, this->clock_, works).ok());
  EXPECT_FALSE(this->fixture_.view().Get(this->IdOf(1)).ok());
  EXPECT_TRUE(this->fixture_.EventVersions("SKU-1").empty());
  ASSERT_TRUE(ApplyBatch(*store, this->clock_, std::span<Work>(works.data(), 1)).ok());
  EXPECT_TRUE(this->fixture_.view().Get(this->IdOf(1)).ok());
}

TYPED_TEST_P(ProductStoreContract, F16GivesEachRaceOneWinner) {
  this->Add(1);
  constexpr int kThreads = 6;
  std::vector<Work> works(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      auto store = this->fixture_.NewInstance();
      Work& work = works[static_cast<std::size_t>(i)];
      work.job = EditProductWork{this->IdOf(1), 1, [i](const Content& before) -> Result<Content> {
                                   Content content = before;
                                   content.name = "Name " + std::to_string(i);
                                   return content;
                                 }};
      EXPECT_TRUE(ApplyBatch(*store, this->clock_, std::span<Work>(&work, 1)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  int winners = 0;
  for (const Work& work : works) winners += work.outcome.error ? 0 : 1;
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(this->fixture_.EventVersions("SKU-1"), (std::vector<std::int64_t>{1, 2}));
}

REGISTER_TYPED_TEST_SUITE_P(ProductStoreContract, KeepsAllOfAProduct, RefusesAnOldVersionAndChangesNothingForTheSameContent,
                            KeepsASkuUniqueAmongLiveProductsAndItsVersionsRising, RemembersEveryPrice, PutsProductsIntoCollectionsThatExistAndDeletesEmptyOnes,
                            GivesTheSameAnswerForTheSameKeyAndRefusesAnotherBody, ListsInEveryOrderPageByPageEachOnce,
                            ImportsEachLineOnceAndGoesOnAfterTheLastOne, AFailedBatchLeavesNothing, F16GivesEachRaceOneWinner);

}  // namespace souk::products
