// A message as text that may be logged: what DebugString would give, without what is sensitive.
//
//   LOG(INFO) << "refunded " << warden::Redacted(request);
//   // id: "7" card: [REDACTED:PAYMENT] items { sku: "A-1" quantity: 2 }
#ifndef WARDEN_INTERCEPTORS_REDACT_REDACTED_H_
#define WARDEN_INTERCEPTORS_REDACT_REDACTED_H_

#include <cstddef>
#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace warden {

struct RedactOptions {
  // Of the whole text and of one string or bytes value, in bytes; what is cut ends with "...".
  size_t max_bytes = 4096;
  size_t max_value_bytes = 256;
};

// `message` in protobuf's text format, on one line. Sensitive fields (sensitivity.h) show their
// mark once, whatever and how much they hold; fields that the type does not declare, and Anys whose
// type is not linked in, show that they are there and nothing else. What an Any holds is shown by
// the rules of its own type. Whatever is not printable ASCII is escaped, so that a value cannot
// break a line of a log or move a terminal's cursor.
//
// Takes time and memory in proportion to max_bytes and to the size of Anys that are opened (64 KiB
// each at the most). Where memory runs out, or reading the message throws, the text is
// "[REDACTED]". Thread-safe for a message that nobody changes.
std::string Redacted(const google::protobuf::Message& message,
                     const RedactOptions& options = {}) noexcept;

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REDACT_REDACTED_H_
