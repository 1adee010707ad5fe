#include "services/clients/cpp/commands.h"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace orders::client {
namespace {

// Calls a unary method and prints its answer.
template <typename Request, typename Response>
int CallUnary(Connection& connection, const Printer& printer, const Request& request,
              grpc::Status (v1::OrderService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*)) {
  Response response;
  const auto context = connection.NewContext();
  const grpc::Status status = (connection.stub().*method)(context.get(), request, &response);
  if (status.ok()) printer.Response(response);
  return printer.End(ReadOutcome(status, *context));
}

template <typename Response>
int PrintStream(const Printer& printer, const grpc::ClientContext& context,
                grpc::ClientReader<Response>& reader) {
  Response response;
  while (reader.Read(&response)) printer.Response(response);
  return printer.End(ReadOutcome(reader.Finish(), context));
}

// "TEA-0042:2:1250" is two of TEA-0042 at 12.50 each. Left to the server: whether the values make
// sense.
std::optional<v1::Item> ParseItem(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  v1::Item item;
  int32_t quantity = 0;
  int64_t cents = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &quantity) ||
      !absl::SimpleAtoi(parts[2], &cents)) {
    return std::nullopt;
  }
  item.set_sku(parts[0]);
  item.set_quantity(quantity);
  item.set_unit_price_cents(cents);
  return item;
}

std::string CheckItem(const std::string& text) {
  return ParseItem(text).has_value() ? "" : "an item is SKU:QUANTITY:CENTS";
}

void AddCreate(CLI::App& app, Command* chosen) {
  auto request = std::make_shared<v1::CreateOrderRequest>();
  auto items = std::make_shared<std::vector<std::string>>(1, "TEA-0042:1:1250");
  auto address = std::make_shared<std::map<std::string, std::string>>();
  CLI::App* command = app.add_subcommand("create", "Place an order");
  command->add_option("--item", *items, "SKU:QUANTITY:CENTS; can be repeated")
      ->check(CheckItem)
      ->capture_default_str();
  const auto text = [&](const std::string& flag, const std::string& help, std::string initial) {
    std::string& value = (*address)[flag] = std::move(initial);
    command->add_option("--" + flag, value, help)->capture_default_str();
  };
  text("recipient", "Who gets the parcel", "The tea kitchen");
  text("street", "Street and number", "1 Example Road");
  text("city", "City", "Exampleton");
  text("postal-code", "Postal code", "EX1 2AB");
  text("country", "ISO 3166-1 code of two letters", "GB");
  text("email", "For news about the parcel", "");
  text("currency", "EUR, GBP or USD", "EUR");
  text("note", "A note to the shop", "");
  auto express = std::make_shared<bool>(false);
  command->add_flag("--express", *express, "Send it first");
  command->callback([=] {
    for (const std::string& item : *items) *request->add_items() = ParseItem(item).value();
    v1::Address* to = request->mutable_ship_to();
    to->set_recipient(address->at("recipient"));
    to->set_street(address->at("street"));
    to->set_city(address->at("city"));
    to->set_postal_code(address->at("postal-code"));
    to->set_country_code(address->at("country"));
    if (!address->at("email").empty()) to->set_email(address->at("email"));
    request->set_currency(address->at("currency"));
    request->set_note(address->at("note"));
    if (*express) request->set_priority(v1::PRIORITY_EXPRESS);
    *chosen = [request](Connection& connection, const Printer& printer) {
      return CallUnary(connection, printer, *request, &v1::OrderService::Stub::CreateOrder);
    };
  });
}

void AddGet(CLI::App& app, Command* chosen) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("get", "Show one order");
  command->add_option("id", *id, "The order's id")->required();
  command->callback([=] {
    *chosen = [id](Connection& connection, const Printer& printer) {
      v1::GetOrderRequest request;
      request.set_id(*id);
      return CallUnary(connection, printer, request, &v1::OrderService::Stub::GetOrder);
    };
  });
}

void AddCancel(CLI::App& app, Command* chosen) {
  auto request = std::make_shared<v1::CancelOrderRequest>();
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("cancel", "Cancel an order");
  command->add_option("id", *id, "The order's id")->required();
  command->add_option("--reason", *reason, "Why");
  command->callback([=] {
    request->set_id(*id);
    request->set_reason(*reason);
    *chosen = [request](Connection& connection, const Printer& printer) {
      return CallUnary(connection, printer, *request, &v1::OrderService::Stub::CancelOrder);
    };
  });
}

void AddList(CLI::App& app, Command* chosen) {
  auto limit = std::make_shared<int32_t>(0);
  auto all_owners = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("list", "List orders");
  command->add_option("--limit", *limit, "At most this many");
  command->add_flag("--all-owners", *all_owners, "Everybody's orders");
  command->callback([=] {
    *chosen = [=](Connection& connection, const Printer& printer) {
      v1::ListOrdersRequest request;
      request.set_limit(*limit);
      request.set_all_owners(*all_owners);
      const auto context = connection.NewContext();
      const auto reader = connection.stub().ListOrders(context.get(), request);
      return PrintStream(printer, *context, *reader);
    };
  });
}

void AddWatch(CLI::App& app, Command* chosen) {
  auto max_events = std::make_shared<int32_t>(0);
  auto existing = std::make_shared<bool>(false);
  auto all_owners = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("watch", "Show changes of orders as they happen");
  command->add_option("--max-events", *max_events, "Stop after this many");
  command->add_flag("--existing", *existing, "Begin with the orders that are there");
  command->add_flag("--all-owners", *all_owners, "Everybody's orders");
  command->callback([=] {
    *chosen = [=](Connection& connection, const Printer& printer) {
      v1::WatchOrdersRequest request;
      request.set_max_events(*max_events);
      request.set_include_existing(*existing);
      request.set_all_owners(*all_owners);
      const auto context = connection.NewContext();
      const auto reader = connection.stub().WatchOrders(context.get(), request);
      return PrintStream(printer, *context, *reader);
    };
  });
}

// One order in JSON a line.
std::optional<std::vector<v1::ImportedOrder>> ReadOrders(std::istream& input) {
  std::vector<v1::ImportedOrder> orders;
  for (std::string line; std::getline(input, line);) {
    if (line.empty()) continue;
    if (!google::protobuf::util::JsonStringToMessage(line, &orders.emplace_back()).ok()) {
      std::cerr << "order " << orders.size() << " is not an orders.v1.ImportedOrder in JSON\n";
      return std::nullopt;
    }
  }
  return orders;
}

int Import(Connection& connection, const Printer& printer,
           const std::vector<v1::ImportedOrder>& orders) {
  v1::ImportOrdersResponse response;
  const auto context = connection.NewContext();
  const auto writer = connection.stub().ImportOrders(context.get(), &response);
  v1::ImportOrdersRequest request;
  bool open = true;
  for (const v1::ImportedOrder& order : orders) {
    *request.mutable_order() = order;
    open = open && writer->Write(request);  // false: the server has answered already
  }
  request.set_order_count(static_cast<int32_t>(orders.size()));
  if (open && writer->Write(request)) writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.ok()) printer.Response(response);
  return printer.End(ReadOutcome(status, *context));
}

void AddImport(CLI::App& app, Command* chosen) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("import", "Upload orders, all or none");
  command->add_option("file", *file, "One orders.v1.ImportedOrder in JSON a line; - is stdin")
      ->required();
  command->callback([=] {
    *chosen = [file](Connection& connection, const Printer& printer) {
      std::ifstream opened;
      if (*file != "-") opened.open(*file);
      if (*file != "-" && !opened.is_open()) {
        std::cerr << "cannot read " << *file << "\n";
        return 2;
      }
      const auto orders = ReadOrders(*file == "-" ? std::cin : opened);
      return orders.has_value() ? Import(connection, printer, *orders) : 2;
    };
  });
}

void AddTrack(CLI::App& app, Command* chosen) {
  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("track", "Ask where orders are, over one stream");
  command->add_option("ids", *ids, "The orders' ids")->required();
  command->callback([=] {
    *chosen = [ids](Connection& connection, const Printer& printer) {
      const auto context = connection.NewContext();
      const auto stream = connection.stub().TrackOrders(context.get());
      v1::TrackOrdersRequest request;
      v1::TrackOrdersResponse response;
      for (const std::string& id : *ids) {
        request.set_order_id(id);
        if (!stream->Write(request) || !stream->Read(&response)) break;
        printer.Response(response);
      }
      stream->WritesDone();
      return printer.End(ReadOutcome(stream->Finish(), *context));
    };
  });
}

void AddStatus(CLI::App& app, Command* chosen) {
  app.add_subcommand("status", "Ask whether the shop is open")->callback([=] {
    *chosen = [](Connection& connection, const Printer& printer) {
      return CallUnary(connection, printer, v1::GetStatusRequest(),
                       &v1::OrderService::Stub::GetStatus);
    };
  });
  app.add_subcommand("whoami", "Ask whom the server takes the caller for")->callback([=] {
    *chosen = [](Connection& connection, const Printer& printer) {
      return CallUnary(connection, printer, v1::WhoAmIRequest(), &v1::OrderService::Stub::WhoAmI);
    };
  });
}

}  // namespace

void AddCommands(CLI::App& app, Command* chosen) {
  AddCreate(app, chosen);
  AddGet(app, chosen);
  AddCancel(app, chosen);
  AddList(app, chosen);
  AddWatch(app, chosen);
  AddImport(app, chosen);
  AddTrack(app, chosen);
  AddStatus(app, chosen);
}

}  // namespace orders::client
