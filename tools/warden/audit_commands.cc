#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/audit/verify.h"
#include "tools/warden/audit_filter.h"
#include "tools/warden/audit_tail.h"
#include "tools/warden/commands.h"

namespace warden::cli {
namespace {

constexpr char kVerifyDescription[] =
    "Check that the files of an audit log are as they were written: nothing altered, cut out, put "
    "in\n"
    "or put in another order. Give all rotated files, in any order.\n"
    "  exit status 0  they are\n"
    "  exit status 1  they are not; the first broken line is named\n"
    "  exit status 2  bad usage, unreadable file\n"
    "Records cut off the end of the last file show only with --expect-last; a log that was "
    "written\n"
    "anew as a whole shows only with a chain key, or with the hash of a record.";

struct VerifyOptions {
  std::vector<std::string> files;
  std::string key_file;
  std::string expect_last;
};

int Fail(const absl::Status& status) {
  std::cerr << "warden: " << status.message() << '\n';
  return kUsage;
}

absl::StatusOr<ChainAnchor> ReadAnchor(const std::string& text) {
  ChainAnchor anchor;
  if (text.empty()) return anchor;
  const bool hash = text.size() == kAuditHashDigits &&
                    text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hash) {
    anchor.hash = text;
    return anchor;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), anchor.seq);
  if (error == std::errc() && end == text.data() + text.size() && anchor.seq > 0) return anchor;
  return absl::InvalidArgumentError(
      "--expect-last: neither a sequence number nor a hash of 64 hexadecimal digits");
}

void PrintVerdict(const AuditVerdict& verdict, const VerifyOptions& options) {
  std::cout << "whole: " << verdict.records << " records in " << verdict.files.size()
            << (verdict.files.size() == 1 ? " file" : " files") << ", " << verdict.first_seq
            << " to " << verdict.last.seq << ", the last of " << verdict.last_time << '\n'
            << "last hash: " << verdict.last.hash << '\n';
  if (verdict.first_seq > 1) {
    std::cout << "note: what was before record " << verdict.first_seq << " is not in these files\n";
  }
  if (verdict.dropped > 0) {
    std::cout << "note: by its own account the log lost " << verdict.dropped
              << " records for want of room\n";
  }
  if (verdict.repaired > 0) {
    std::cout << "note: " << verdict.repaired << " half-written lines were taken out\n";
  }
  if (verdict.unclean > 0) {
    std::cout << "note: " << verdict.unclean
              << " starts after a server that did not stop in order: what it still held was lost\n";
  }
  if (options.expect_last.empty()) {
    std::cout << "note: records cut off the end would not show; see --expect-last\n";
  }
  if (!verdict.keyed) {
    std::cout << "note: who can write the files can make the chain anew; see chain_key_file\n";
  }
}

int Verify(const VerifyOptions& options) {
  const absl::StatusOr<ChainAnchor> anchor = ReadAnchor(options.expect_last);
  if (!anchor.ok()) return Fail(anchor.status());
  std::string key;
  if (!options.key_file.empty()) {
    if (const absl::Status status = ReadChainKey(options.key_file, &key); !status.ok()) {
      return Fail(status);
    }
  }
  const HashChain chain(std::move(key));
  const absl::StatusOr<AuditVerdict> verdict = VerifyAudit(options.files, chain, *anchor);
  if (!verdict.ok()) return Fail(verdict.status());
  if (!verdict->whole()) {
    std::cout << "broken: " << verdict->broken << '\n'
              << "whole until then: " << verdict->records << " records, the last "
              << verdict->last.seq << '\n';
    return kNo;
  }
  PrintVerdict(*verdict, options);
  return kYes;
}

void AddVerify(CLI::App& audit, int* status) {
  CLI::App* const verify = audit.add_subcommand("verify", kVerifyDescription);
  const auto options = std::make_shared<VerifyOptions>();
  verify->add_option("files", options->files, "audit.log audit.log.1 ...")->required();
  verify->add_option("--key-file", options->key_file, "The server's audit.chain_key_file");
  verify->add_option("--expect-last", options->expect_last,
                     "A sequence number, or the hash of a record, that the log had reached");
  verify->callback([options, status] { *status = Verify(*options); });
}

void AddTail(CLI::App& audit, int* status) {
  CLI::App* const tail = audit.add_subcommand(
      "tail", "Show the last records of an audit log, one a line, harmless for terminals");
  const auto options = std::make_shared<TailOptions>();
  const auto filters = std::make_shared<std::vector<std::string>>();
  tail->add_option("file", options->file, "audit.log")->required();
  tail->add_option(
          "--filter", *filters,
          "Terms that all must hold: 'decision=denied method=/pkg.S/* reason!=rate_limited "
          "since=1h'; names of warden.v1.AuditRecord, * for any text")
      ->allow_extra_args(false)
      ->take_all();
  tail->add_option("-n,--lines", options->lines, "How many of those that match; 0 for all")
      ->capture_default_str();
  tail->add_flag("-f,--follow", options->follow, "Go on with those that come, over rotations");
  tail->add_flag("--json", options->json, "The records as they are, in ASCII");
  tail->callback([options, filters, status] {
    const absl::StatusOr<AuditFilter> filter = AuditFilter::Parse(*filters, absl::Now());
    if (!filter.ok()) {
      *status = Fail(filter.status());
      return;
    }
    const absl::Status done = TailAudit(*options, *filter);
    *status = done.ok() ? kYes : Fail(done);
  });
}

}  // namespace

void AddAuditCommands(CLI::App& app, int* status) {
  CLI::App* const audit = app.add_subcommand("audit", "Read and check audit logs");
  audit->require_subcommand(1);
  AddVerify(*audit, status);
  AddTail(*audit, status);
}

}  // namespace warden::cli
