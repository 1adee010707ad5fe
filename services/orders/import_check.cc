#include "services/orders/import_check.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace orders {
namespace {

constexpr int kMaxLines = 50;

absl::Status Broken(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(field), " ", std::string(rule)));
}

bool FullMatch(const std::string& text, const re2::RE2& pattern) {
  return re2::RE2::FullMatch(text, pattern);
}

absl::Status CheckLine(const v1::ImportedOrder::Line& line, int index) {
  static const auto& kSku = *new re2::RE2("[A-Z0-9]{3}-[0-9]{3,6}");
  const std::string at = absl::StrCat("lines[", index, "].");
  if (!FullMatch(line.sku(), kSku)) return Broken(at + "sku", "must look like TEA-0042");
  if (line.quantity() < 1 || line.quantity() > 1000) {
    return Broken(at + "quantity", "must be from 1 to 1000");
  }
  if (line.unit_price_cents() < 0 || line.unit_price_cents() > 100'000'000) {
    return Broken(at + "unit_price_cents", "must be from 0 to 100000000");
  }
  return absl::OkStatus();
}

absl::Status CheckText(std::string_view field, const std::string& text, size_t max_bytes) {
  if (text.empty()) return Broken(field, "is required");
  if (text.size() > max_bytes) {
    return Broken(field, absl::StrCat("must have at most ", max_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckShipTo(const v1::ImportedOrder::ShipTo& to) {
  static const auto& kPostalCode = *new re2::RE2("[A-Z0-9][A-Z0-9 -]{1,9}");
  static const auto& kCountry = *new re2::RE2("[A-Z]{2}");
  for (const absl::Status& status :
       {CheckText("ship_to.recipient", to.recipient(), 100),
        CheckText("ship_to.street", to.street(), 200), CheckText("ship_to.city", to.city(), 100)}) {
    if (!status.ok()) return status;
  }
  if (!FullMatch(to.postal_code(), kPostalCode)) {
    return Broken("ship_to.postal_code",
                  "must have 2 to 10 capital letters, digits, blanks or dashes");
  }
  if (!FullMatch(to.country_code(), kCountry)) {
    return Broken("ship_to.country_code", "must be two capital letters");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckImportedOrder(const v1::ImportedOrder& order) {
  if (order.lines().empty() || order.lines_size() > kMaxLines) {
    return Broken("lines", "must have from 1 to 50 entries");
  }
  for (int i = 0; i < order.lines_size(); ++i) {
    if (absl::Status status = CheckLine(order.lines(i), i); !status.ok()) return status;
  }
  if (!order.has_ship_to()) return Broken("ship_to", "is required");
  if (absl::Status status = CheckShipTo(order.ship_to()); !status.ok()) return status;
  if (order.currency() != "EUR" && order.currency() != "GBP" && order.currency() != "USD") {
    return Broken("currency", "must be EUR, GBP or USD");
  }
  return absl::OkStatus();
}

}  // namespace orders
