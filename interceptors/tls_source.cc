#include "interceptors/tls_source.h"

namespace warden {
namespace {

bool Same(const TlsPair& a, const TlsPair& b) {
  return a.certificate == b.certificate && a.private_key == b.private_key;
}

}  // namespace

absl::StatusOr<std::shared_ptr<TlsSource>> TlsSource::Create(TlsFiles files, absl::Time now) {
  std::shared_ptr<TlsSource> source(new TlsSource(std::move(files)));
  const std::optional<absl::Status> looked = source->Look(now);
  if (looked.has_value() && !looked->ok()) return *looked;
  return source;
}

TlsMaterial TlsSource::current() const {
  MutexLock lock(&mutex_);
  return current_;
}

std::optional<absl::Status> TlsSource::Look(absl::Time now) {
  ProblemList problems;
  std::shared_ptr<const TlsPair> pair = ReadTlsPair(files_, now, &problems);
  std::shared_ptr<const std::string> client_ca = ReadClientCa(files_, now, &problems);
  bool changed = false;
  {
    MutexLock lock(&mutex_);
    if (pair != nullptr && (current_.pair == nullptr || !Same(*pair, *current_.pair))) {
      current_.pair = std::move(pair);
      changed = true;
    }
    if (client_ca != nullptr &&
        (current_.client_ca == nullptr || *client_ca != *current_.client_ca)) {
      current_.client_ca = std::move(client_ca);
      changed = true;
    }
  }
  const absl::Status status = problems.ToStatus();
  std::string text(status.message());
  const bool news = changed || text != problems_;
  problems_ = std::move(text);
  if (!news) return std::nullopt;
  return status;
}

}  // namespace warden
