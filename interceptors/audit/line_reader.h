// Reads a file line by line, in bounded memory.
#ifndef WARDEN_INTERCEPTORS_AUDIT_LINE_READER_H_
#define WARDEN_INTERCEPTORS_AUDIT_LINE_READER_H_

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace warden {

// Not thread-safe.
class LineReader {
 public:
  static constexpr size_t kMaxBytes = 64 << 10;

  enum class Result {
    kLine,
    kPartial,  // the last one, without a newline
    kTooLong,  // more than kMaxBytes; nothing more is read
    kEnd,
    kError,
  };

  explicit LineReader(const std::string& path) : file_(std::fopen(path.c_str(), "rbe"), &Close) {}
  bool ok() const { return file_ != nullptr; }

  // The line, without its newline, is valid until the next call.
  Result Next(std::string_view* line) {
    line_.clear();
    for (;;) {
      if (at_ == end_) {
        end_ = std::fread(bytes_.data(), 1, bytes_.size(), file_.get());
        at_ = 0;
        if (end_ == 0) break;
      }
      const void* const found = std::memchr(bytes_.data() + at_, '\n', end_ - at_);
      const size_t stop =
          found == nullptr ? end_
                           : static_cast<size_t>(static_cast<const char*>(found) - bytes_.data());
      line_.append(bytes_.data() + at_, stop - at_);
      at_ = found == nullptr ? end_ : stop + 1;
      if (line_.size() > kMaxBytes) return Result::kTooLong;
      if (found == nullptr) continue;
      *line = line_;
      return Result::kLine;
    }
    if (std::ferror(file_.get()) != 0) return Result::kError;
    std::clearerr(file_.get());  // so that a file that grows can be read on
    *line = line_;
    return line_.empty() ? Result::kEnd : Result::kPartial;
  }

  std::FILE* file() const { return file_.get(); }

 private:
  static void Close(std::FILE* file) { std::fclose(file); }

  std::unique_ptr<std::FILE, void (*)(std::FILE*)> file_;
  std::array<char, 16 << 10> bytes_{};
  size_t at_ = 0;
  size_t end_ = 0;
  std::string line_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_LINE_READER_H_
