// Shows responses and outcomes to people, or as JSON to programs.
#ifndef WARDEN_SERVICES_CLIENTS_CPP_PRINTER_H_
#define WARDEN_SERVICES_CLIENTS_CPP_PRINTER_H_

#include "orders/v1/orders.pb.h"
#include "services/clients/cpp/outcome.h"

namespace orders::client {

// As JSON, one object a line on stdout: {"response": {...}} for each response, then {"status":
// {...}}. For people, the responses go to stdout and a refusal to stderr.
class Printer {
 public:
  explicit Printer(bool json) : json_(json) {}

  void Response(const v1::Order& order) const;
  void Response(const v1::OrderEvent& event) const;
  void Response(const v1::GetStatusResponse& status) const;
  void Response(const v1::WhoAmIResponse& caller) const;
  void Response(const v1::ImportOrdersResponse& imported) const;
  void Response(const v1::TrackOrdersResponse& tracked) const;

  // Returns the program's exit code: 0 for OK, else 1.
  int End(const Outcome& outcome) const;

 private:
  // True where JSON is wanted, and then it has been printed.
  bool PrintedJson(const google::protobuf::Message& message) const;

  const bool json_;
};

}  // namespace orders::client

#endif  // WARDEN_SERVICES_CLIENTS_CPP_PRINTER_H_
