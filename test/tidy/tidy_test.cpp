#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

// The rules that matter, as tests: where things may be included, which calls are banned and what to use instead, and that nothing lies about unlisted.
namespace souk::tidy {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // from the repository's root
  std::vector<std::string> lines;
};

std::vector<SourceFile> Sources() {
  std::vector<SourceFile> files;
  for (const char* root : {"libs", "services", "tools", "test"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp") continue;
      SourceFile file{entry.path().string(), {}};
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
      files.push_back(std::move(file));
    }
  }
  return files;
}

bool StartsWith(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

struct Ban {
  const char* pattern;
  const char* instead;
  std::vector<std::string> allowed;  // path prefixes
};

TEST(TidyTest, BannedCallsHaveTheirReplacement) {
  const std::vector<Ban> bans = {
      {R"(system_clock::now)", "souk::Clock", {"libs/base/clock.cpp", "libs/rpc/"}},
      {R"(\brand\(\)|\bsrand\()", "souk::Random", {}},
      {R"(catch \(\.\.\.\))", "a typed catch, converted to an Error", {}},
      {R"(\bdouble\b.*(price|amount|minor|money|total))", "int64 minor units", {"test/", "tools/demo", "tools/bench"}},
      {R"(using namespace std;)", "qualified names", {}},
  };
  for (const SourceFile& file : Sources()) {
    if (StartsWith(file.path, "test/tidy")) continue;
    for (const Ban& ban : bans) {
      bool allowed = false;
      for (const std::string& prefix : ban.allowed) allowed = allowed || StartsWith(file.path, prefix);
      if (allowed) continue;
      const std::regex pattern(ban.pattern);
      for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        const std::size_t comment = line.find("//");
        EXPECT_FALSE(std::regex_search(line.substr(0, comment), pattern)) << file.path << ":" << i + 1 << " use " << ban.instead << " instead";
      }
    }
  }
}

TEST(TidyTest, TestsWaitForConditionsAndDoNotSleep) {
  for (const SourceFile& file : Sources()) {
    if (!file.path.ends_with("_test.cpp") || StartsWith(file.path, "test/tidy")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_EQ(file.lines[i].find("sleep_for"), std::string::npos) << file.path << ":" << i + 1 << " wait for a condition with a deadline";
    }
  }
}

TEST(TidyTest, IncludesAreWrittenFromTheRoot) {
  for (const SourceFile& file : Sources()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (!StartsWith(line, "#include \"")) continue;
      const std::string path = line.substr(10, line.rfind('"') - 10);
      const bool rooted = StartsWith(path, "libs/") || StartsWith(path, "services/") || StartsWith(path, "tools/") || StartsWith(path, "test/") || StartsWith(path, "souk/");
      EXPECT_TRUE(rooted) << file.path << ":" << i + 1 << " " << line;
    }
  }
}

// proto -> adapters -> app -> domain -> libs/base; services never see each other; libs never see services.
TEST(TidyTest, IncludesPointInward) {
  const std::regex layered(R"(^services/([^/]+)/(domain|app)/)");
  for (const SourceFile& file : Sources()) {
    if (file.path.ends_with("_test.cpp")) continue;
    std::smatch match;
    const bool inner = std::regex_search(file.path, match, layered);
    const std::string service = StartsWith(file.path, "services/") ? file.path.substr(9, file.path.find('/', 9) - 9) : "";
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (!StartsWith(line, "#include \"")) continue;
      const std::string path = line.substr(10, line.rfind('"') - 10);
      const std::string where = file.path + ":" + std::to_string(i + 1) + " includes " + path;
      if (StartsWith(file.path, "libs/")) {
        EXPECT_FALSE(StartsWith(path, "services/")) << where;
      }
      if (!service.empty() && StartsWith(path, "services/")) {
        EXPECT_TRUE(StartsWith(path, "services/" + service + "/")) << where;
      }
      if (inner) {
        EXPECT_FALSE(StartsWith(path, "souk/")) << where;
        EXPECT_EQ(path.find("/adapters/"), std::string::npos) << where;
        if (StartsWith(path, "libs/")) {
          EXPECT_TRUE(StartsWith(path, "libs/base/") || match[2] == "app") << where;
        }
        if (match[2] == "domain") {
          EXPECT_EQ(path.find("/app/"), std::string::npos) << where;
        }
      }
    }
  }
}

TEST(TidyTest, EverySourceIsListed) {
  for (const SourceFile& file : Sources()) {
    if (!file.path.ends_with(".cpp")) continue;
    bool listed = false;
    for (fs::path folder = fs::path(file.path).parent_path(); !listed && !folder.empty(); folder = folder.parent_path()) {
      std::ifstream stream(folder / "CMakeLists.txt");
      std::ostringstream text;
      text << stream.rdbuf();
      listed = text.str().find(fs::relative(file.path, folder).string()) != std::string::npos;
    }
    EXPECT_TRUE(listed) << file.path << " is named by no CMakeLists.txt";
  }
}

TEST(TidyTest, MainOnlyWires) {
  for (const SourceFile& file : Sources()) {
    if (StartsWith(file.path, "services/") && file.path.ends_with("/main.cpp")) {
      EXPECT_LE(file.lines.size(), 40U) << file.path;
    }
  }
}

TEST(TidyTest, EveryServiceHasItsCanvas) {
  for (const auto& entry : fs::directory_iterator("services")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(fs::exists(entry.path() / "README.md")) << entry.path();
  }
}

}  // namespace
}  // namespace souk::tidy
