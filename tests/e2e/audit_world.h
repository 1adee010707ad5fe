// A server with an audit log, and what reads it.
#ifndef WARDEN_TESTS_E2E_AUDIT_WORLD_H_
#define WARDEN_TESTS_E2E_AUDIT_WORLD_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "interceptors/audit/verify.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/v1/audit.pb.h"

namespace warden::testing {

using ::warden::v1::AuditRecord;

inline std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class AuditWorldTest : public ::testing::TestWithParam<Api> {
 protected:
  // `audit` are the settings besides the file.
  void Start(const std::string& audit = "", const std::string& more = "") {
    Make(absl::StrCat("audit: {file: audit.log", audit.empty() ? "" : ", ", audit, "}\n", more));
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void Make(const std::string& config) {
    world_ = std::make_unique<World>(WorldOptions{.api = GetParam(), .extra_config = config});
  }
  std::string StartError(const std::string& config) {
    Make(config);
    return std::string(world_->Start().message());
  }
  std::filesystem::path path() const { return world_->folder() / "audit.log"; }

  // Every line so far, each checked against the schema.
  std::vector<AuditRecord> Records(const std::filesystem::path& file) const {
    std::vector<AuditRecord> records;
    for (absl::string_view line : absl::StrSplit(ReadAll(file), '\n', absl::SkipEmpty())) {
      AuditRecord record;
      const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(line), &record);
      EXPECT_TRUE(parsed.ok()) << parsed.ToString() << "\n" << line;
      records.push_back(std::move(record));
    }
    return records;
  }
  // The records of calls, once there are so many.
  std::vector<AuditRecord> Calls(size_t count) const {
    std::vector<AuditRecord> calls;
    EXPECT_TRUE(Eventually([&] {
      const std::string text = ReadAll(path());
      return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) >= count + 1;
    }));
    for (const AuditRecord& record : Records(path())) {
      if (!record.decision().empty()) calls.push_back(record);
    }
    EXPECT_EQ(calls.size(), count);
    calls.resize(count);
    return calls;
  }
  Answer Send(const std::string& method, const std::vector<std::string>& roles = {"caller"}) {
    return Perform(
        world_->channel(),
        World::Call(method, world_->Token("alice", roles, [](auto& c) { c["jti"] = "token-17"; })));
  }
  double Metric(const std::string& name) { return world_->Metrics()[name]; }
  void ExpectWhole() const {
    const HashChain chain("");
    const auto verdict = VerifyAudit({path().string()}, chain, {});
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->broken, "");
  }

  std::unique_ptr<World> world_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_AUDIT_WORLD_H_
