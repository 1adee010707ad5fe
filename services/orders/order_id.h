// Names of orders.
#ifndef WARDEN_SERVICES_ORDERS_ORDER_ID_H_
#define WARDEN_SERVICES_ORDERS_ORDER_ID_H_

#include <string>

namespace orders {

// A random UUID (RFC 9562, version 4) that nobody can guess. Thread-safe.
std::string NewOrderId();

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_ORDER_ID_H_
