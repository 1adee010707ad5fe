#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <pthread.h>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "authz/sync/mutex.h"
#include "interceptors/http/curl_transfer.h"
#include "interceptors/http/transport.h"

namespace warden {
namespace {

// libcurl's own state of the process; it is thread-safe only since 7.84.
CURLcode InitCurlOnce() {
  static std::once_flag once;
  static CURLcode code = CURLE_OK;
  std::call_once(once, [] { code = curl_global_init(CURL_GLOBAL_DEFAULT); });
  return code;
}

absl::Status CheckCaFile(const std::string& path) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "rb"), &BIO_free);
  bool found = false;
  if (file != nullptr) {
    X509* certificate = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr);
    found = certificate != nullptr;
    X509_free(certificate);
  }
  ERR_clear_error();
  if (found) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, file == nullptr ? ": cannot be read" : ": holds no certificate in PEM"));
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(const HttpClientOptions& options, CURLM* multi) : options_(options), multi_(multi) {
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      static_cast<long>(options.max_connections));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options.max_connections));
  }

  // Throws std::system_error where no thread can be had.
  void Start() {
    // The thread begins with every signal blocked: the program's handlers do not run on it, and a
    // connection that the server has closed is an error and not a SIGPIPE.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread([this] { Run(); });
    } catch (...) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~CurlClient() override {
    if (thread_.joinable()) {
      {
        MutexLock lock(&mutex_);
        stopping_ = true;
      }
      curl_multi_wakeup(multi_);
      thread_.join();
    }
    curl_multi_cleanup(multi_);
  }

  void Send(HttpRequest request, Callback done) override {
    {
      MutexLock lock(&mutex_);
      queue_.push_back({std::move(request), std::move(done)});
    }
    curl_multi_wakeup(multi_);
  }

  absl::StatusOr<HttpResponse> SendAndWait(HttpRequest request) override {
    if (std::this_thread::get_id() == thread_.get_id()) {
      return absl::FailedPreconditionError("waiting for an answer on the thread that brings it");
    }
    absl::StatusOr<HttpResponse> result = absl::UnknownError("no answer");
    absl::Notification answered;
    Send(std::move(request), [&](absl::StatusOr<HttpResponse> response) {
      result = std::move(response);
      answered.Notify();
    });
    answered.WaitForNotification();
    return result;
  }

 private:
  struct Queued {
    HttpRequest request;
    Callback done;
  };

  void Run() {
    while (TakeQueued()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      FinishDone();
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    CancelAll();
  }

  // False when it is time to stop.
  bool TakeQueued() {
    std::vector<Queued> queued;
    {
      MutexLock lock(&mutex_);
      if (stopping_) return false;
      queued.swap(queue_);
    }
    for (Queued& one : queued) Begin(std::move(one));
    return true;
  }

  void Begin(Queued queued) {
    absl::StatusOr<std::unique_ptr<CurlTransfer>> made =
        CurlTransfer::Make(options_, queued.request, &queued.done);
    if (!made.ok()) {
      queued.done(made.status());
      return;
    }
    CURL* const handle = (*made)->handle();
    const CURLMcode code = curl_multi_add_handle(multi_, handle);
    if (code != CURLM_OK) {
      (*made)->Fail(absl::InternalError(absl::StrCat("libcurl: ", curl_multi_strerror(code))));
      return;
    }
    transfers_.emplace(handle, *std::move(made));
  }

  void FinishDone() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const handle = message->easy_handle;
      const CURLcode code = message->data.result;  // the message dies with the handle
      const std::unique_ptr<CurlTransfer> transfer = Remove(handle);
      if (transfer != nullptr) transfer->Finish(code);
    }
  }

  std::unique_ptr<CurlTransfer> Remove(CURL* handle) {
    curl_multi_remove_handle(multi_, handle);
    const auto found = transfers_.find(handle);
    if (found == transfers_.end()) return nullptr;
    std::unique_ptr<CurlTransfer> transfer = std::move(found->second);
    transfers_.erase(found);
    return transfer;
  }

  // Also what callbacks send meanwhile.
  void CancelAll() {
    const absl::Status cancelled = absl::CancelledError("the HTTP client is being destroyed");
    while (!transfers_.empty()) Remove(transfers_.begin()->first)->Fail(cancelled);
    for (;;) {
      std::vector<Queued> queued;
      {
        MutexLock lock(&mutex_);
        queued.swap(queue_);
      }
      if (queued.empty()) return;
      for (const Queued& one : queued) one.done(cancelled);
    }
  }

  const HttpClientOptions options_;
  CURLM* const multi_;
  std::thread thread_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  // Used by the client's thread alone.
  absl::flat_hash_map<CURL*, std::unique_ptr<CurlTransfer>> transfers_;
};

}  // namespace

bool HasTransport() { return true; }

absl::StatusOr<std::unique_ptr<HttpClient>> MakeTransport(const HttpClientOptions& options) {
  if (!options.ca_file.empty()) {
    if (absl::Status status = CheckCaFile(options.ca_file); !status.ok()) return status;
  }
  if (const CURLcode code = InitCurlOnce(); code != CURLE_OK) {
    return absl::InternalError(absl::StrCat("libcurl: ", curl_easy_strerror(code)));
  }
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) return absl::InternalError("libcurl gives no handle");
  auto client = std::make_unique<CurlClient>(options, multi);
  try {
    client->Start();
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread for HTTP: ", error.what()));
  }
  return client;
}

}  // namespace warden
