// Reads protobuf's wire format out of slices that follow each other, without joining them.
#ifndef WARDEN_INTERCEPTORS_SHAPE_WIRE_READER_H_
#define WARDEN_INTERCEPTORS_SHAPE_WIRE_READER_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace warden::shape {

// Gives the next slice, which stays valid while it is read; false at the end.
using SliceSource = absl::FunctionRef<bool(std::string_view*)>;

// Reads no further than to the end that it was set to. Of what is malformed it says no more than
// that: every method returns false for it, and for bytes that are missing.
class WireReader {
 public:
  explicit WireReader(SliceSource next) : next_(next) {}

  // Where reading is, and where it has to stop, in bytes from the beginning.
  uint64_t position() const { return position_; }
  uint64_t end() const { return end_; }
  // REQUIRES: not before position().
  void SetEnd(uint64_t end) { end_ = end; }
  bool at_end() const { return position_ == end_; }

  // At most 5 bytes; bits beyond the 32nd are dropped, as protobuf drops them.
  bool ReadTag(uint32_t* tag);
  // A length that fits between here and the end.
  bool ReadLength(uint64_t* length);
  bool SkipVarint();
  bool Skip(uint64_t bytes);
  // Counts the varints in the next `bytes`, the last of which must end there.
  bool CountVarints(uint64_t bytes, uint64_t* count);

 private:
  bool ReadByte(uint8_t* byte);
  // Makes the current slice have a byte.
  bool Fill();

  SliceSource next_;
  std::string_view slice_;  // what is left of it
  uint64_t position_ = 0;
  uint64_t end_ = 0;
};

}  // namespace warden::shape

#endif  // WARDEN_INTERCEPTORS_SHAPE_WIRE_READER_H_
