#include "services/clients/cpp/printer.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

namespace orders::client {
namespace {

using google::protobuf::util::TimeUtil;

std::string StateName(v1::OrderState state) {
  if (state == v1::ORDER_STATE_UNSPECIFIED) return "unknown";
  const std::string name = v1::OrderState_Name(state);
  return absl::AsciiStrToLower(name.substr(std::string_view("ORDER_STATE_").size()));
}

std::string Money(int64_t cents, const std::string& currency) {
  return absl::StrFormat("%d.%02d %s", cents / 100, cents % 100, currency);
}

std::string Line(const v1::Order& order) {
  return absl::StrCat(order.id(), "  ", StateName(order.state()), "  ",
                      Money(order.total_cents(), order.currency()), "  ", order.items_size(),
                      order.items_size() == 1 ? " item" : " items", "  owner ", order.owner(),
                      "  placed ", TimeUtil::ToString(order.create_time()));
}

nlohmann::json ToJson(const Outcome& outcome) {
  nlohmann::json json = {{"code", outcome.code},
                         {"message", outcome.message},
                         {"reason", outcome.reason},
                         {"domain", outcome.domain},
                         {"request_id", outcome.request_id},
                         {"quotas", outcome.quotas},
                         {"violations", nlohmann::json::array()}};
  if (outcome.retry_after_seconds) json["retry_after_seconds"] = *outcome.retry_after_seconds;
  for (const Outcome::Violation& violation : outcome.violations) {
    json["violations"].push_back({{"field", violation.field},
                                  {"rule", violation.rule},
                                  {"description", violation.description}});
  }
  return json;
}

void PrintRefusal(const Outcome& outcome) {
  std::cerr << "refused: " << outcome.code << ": " << outcome.message << "\n";
  if (!outcome.reason.empty()) {
    std::cerr << "  reason:      " << outcome.reason << " (" << outcome.domain << ")\n";
  }
  for (const Outcome::Violation& violation : outcome.violations) {
    std::cerr << "  field:       " << violation.field << ": " << violation.description << " ["
              << violation.rule << "]\n";
  }
  for (const std::string& quota : outcome.quotas) std::cerr << "  quota:       " << quota << "\n";
  if (outcome.retry_after_seconds) {
    std::cerr << "  retry after: " << absl::StrFormat("%.1f s", *outcome.retry_after_seconds)
              << "\n";
  }
  if (!outcome.request_id.empty()) std::cerr << "  request id:  " << outcome.request_id << "\n";
}

}  // namespace

bool Printer::PrintedJson(const google::protobuf::Message& message) const {
  if (!json_) return false;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) json = "null";
  // Flushed: a watcher's reader wants each event when it happens.
  std::cout << "{\"response\":" << json << "}" << std::endl;
  return true;
}

void Printer::Response(const v1::Order& order) const {
  if (!PrintedJson(order)) std::cout << Line(order) << std::endl;
}

void Printer::Response(const v1::OrderEvent& event) const {
  if (PrintedJson(event)) return;
  const std::string kind = v1::OrderEvent::Kind_Name(event.kind());
  std::cout << absl::AsciiStrToLower(kind.substr(std::string_view("KIND_").size())) << ": "
            << Line(event.order()) << std::endl;
}

void Printer::Response(const v1::GetStatusResponse& status) const {
  if (PrintedJson(status)) return;
  std::cout << (status.open() ? "open" : "closed") << ", " << status.api() << " API, server time "
            << TimeUtil::ToString(status.server_time()) << std::endl;
}

void Printer::Response(const v1::WhoAmIResponse& caller) const {
  if (PrintedJson(caller)) return;
  std::cout << "name:    " << caller.name() << "\nissuer:  " << caller.issuer()
            << "\nsubject: " << caller.subject() << "\npeer:    " << caller.peer()
            << "\nroles:   " << absl::StrJoin(caller.roles(), " ") << std::endl;
}

void Printer::Response(const v1::ImportOrdersResponse& imported) const {
  if (PrintedJson(imported)) return;
  std::cout << "imported " << imported.imported() << " orders\n";
  for (const std::string& id : imported.order_ids()) std::cout << id << "\n";
  std::cout << std::flush;
}

void Printer::Response(const v1::TrackOrdersResponse& tracked) const {
  if (PrintedJson(tracked)) return;
  std::cout << tracked.order_id() << "  " << StateName(tracked.state());
  if (tracked.has_update_time()) {
    std::cout << "  since " << TimeUtil::ToString(tracked.update_time());
  }
  std::cout << std::endl;
}

int Printer::End(const Outcome& outcome) const {
  if (json_) {
    // Whatever bytes a server puts into its texts, the line stays JSON.
    std::cout << nlohmann::json{{"status", ToJson(outcome)}}.dump(
                     -1, ' ', false, nlohmann::json::error_handler_t::replace)
              << std::endl;
  } else if (!outcome.ok) {
    PrintRefusal(outcome);
  }
  return outcome.ok ? 0 : 1;
}

}  // namespace orders::client
