// What a scrape shows of the audit log.
#include <utility>

#include "interceptors/audit/audit_log.h"

namespace warden {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void AddSample(MetricFamily* family, std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric& sample = family->metric.emplace_back();
  sample.label = std::move(labels);
  (family->type == MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
}

MetricFamily Single(const char* name, const char* help, MetricType type, double value) {
  MetricFamily family = {name, help, type, {}};
  AddSample(&family, {}, value);
  return family;
}

}  // namespace

std::vector<MetricFamily> AuditLog::Families() const {
  const AuditStats& stats = writer_->stats();
  const auto number = [](const auto& value) { return static_cast<double>(value.load()); };
  MetricFamily records = {"warden_audit_records_total",
                          "Records of the audit log: written, or dropped for want of room.",
                          MetricType::Counter,
                          {}};
  AddSample(&records, {{"result", "written"}}, number(stats.written));
  AddSample(&records, {{"result", "dropped"}}, number(stats.dropped));
  MetricFamily errors = {"warden_audit_write_errors_total",
                         "Failed attempts to write or sync, by sink.",
                         MetricType::Counter,
                         {}};
  for (size_t i = 0; i < kAuditSinks.size(); ++i) {
    AddSample(&errors, {{"sink", std::string(kAuditSinks[i])}}, number(stats.write_errors[i]));
  }
  MetricFamily rotations = {"warden_audit_rotations_total",
                            "Rotations and reopenings of the file, by result.",
                            MetricType::Counter,
                            {}};
  AddSample(&rotations, {{"result", "ok"}}, number(stats.rotations));
  AddSample(&rotations, {{"result", "error"}}, number(stats.rotation_errors));
  std::vector<MetricFamily> families;
  families.push_back(std::move(records));
  families.push_back(std::move(errors));
  families.push_back(std::move(rotations));
  const auto gauge = [&](const char* name, const char* help, double value) {
    families.push_back(Single(name, help, MetricType::Gauge, value));
  };
  gauge("warden_audit_queue_records", "Records that wait to be written.",
        static_cast<double>(ring_.size()));
  gauge("warden_audit_queue_capacity", "How many records can wait.",
        static_cast<double>(ring_.capacity()));
  gauge("warden_audit_failing", "1 while the audit log cannot be written.",
        stats.failing.load() ? 1 : 0);
  gauge("warden_audit_last_sequence", "The sequence number of the last record written.",
        number(stats.last_seq));
  gauge("warden_audit_last_sync_timestamp_seconds",
        "When records were last made durable, Unix time; 0: not yet, or never asked for.",
        number(stats.last_sync_ms) / 1e3);
  return families;
}

}  // namespace warden
