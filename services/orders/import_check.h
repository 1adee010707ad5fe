// The rules of an uploaded order, checked by hand: messages that a client streams carry no field
// rules in orders.proto.
#ifndef WARDEN_SERVICES_ORDERS_IMPORT_CHECK_H_
#define WARDEN_SERVICES_ORDERS_IMPORT_CHECK_H_

#include "absl/status/status.h"
#include "orders/v1/orders.pb.h"

namespace orders {

// InvalidArgument with the first broken rule and its field, such as "lines[2].quantity must be from
// 1 to 1000"; the text never holds a value. The limits are those of orders.proto's Item and
// Address.
absl::Status CheckImportedOrder(const v1::ImportedOrder& order);

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_IMPORT_CHECK_H_
