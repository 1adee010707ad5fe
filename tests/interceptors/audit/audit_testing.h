// A folder with an audit log, and what reads it.
#ifndef WARDEN_TESTS_INTERCEPTORS_AUDIT_AUDIT_TESTING_H_
#define WARDEN_TESTS_INTERCEPTORS_AUDIT_AUDIT_TESTING_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "interceptors/audit/audit_log.h"
#include "interceptors/audit/verify.h"
#include "nlohmann/json.hpp"

namespace warden::testing {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "warden-audit-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string File(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines = absl::StrSplit(ReadAll(path), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

inline std::vector<nlohmann::json> Records(const std::string& path) {
  std::vector<nlohmann::json> records;
  for (const std::string& line : Lines(path)) records.push_back(nlohmann::json::parse(line));
  return records;
}

template <typename Condition>
bool Eventually(const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

// What the operator was told. Thread-safe.
class Reports {
 public:
  void Add(std::string_view message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    text_.append(message).append("\n");
  }
  std::string text() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// A log in a folder of its own. Options may be changed before Start.
class LogFixture : public ::testing::Test {
 protected:
  LogFixture() {
    options_.file = folder_.File("audit.log");
    options_.report = [reports = reports_](std::string_view message) { reports->Add(message); };
  }

  absl::Status TryStart() {
    absl::StatusOr<std::unique_ptr<AuditLog>> log = AuditLog::Open(options_);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    return log_->Start();
  }
  void Start() {
    const absl::Status status = TryStart();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Stop() { log_.reset(); }

  bool Put(const std::string& id, bool refusable = true) {
    return log_->Record(
        [&](AuditEntry& entry) {
          entry.time = absl::FromUnixSeconds(1'700'000'000);
          entry.allowed = true;
          entry.reason = "ok";
          entry.stage = "admitted";
          entry.Set(AuditField::kMethod, "/shop.v1.Orders/Get");
          entry.Set(AuditField::kRequestId, id);
        },
        refusable);
  }
  void PutMany(int count) {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(Put("id-" + std::to_string(i)));
  }
  bool Written(uint64_t records) {
    return Eventually([&] { return log_->stats().written == records; });
  }

  std::string File(const std::string& name = "audit.log") const { return folder_.File(name); }
  AuditVerdict Verify(const std::vector<std::string>& files, const ChainAnchor& anchor = {}) const {
    const HashChain chain(options_.chain_key);
    const absl::StatusOr<AuditVerdict> verdict = VerifyAudit(files, chain, anchor);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.value_or(AuditVerdict());
  }

  Folder folder_;
  AuditLogOptions options_;
  std::shared_ptr<Reports> reports_ = std::make_shared<Reports>();
  std::unique_ptr<AuditLog> log_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_INTERCEPTORS_AUDIT_AUDIT_TESTING_H_
