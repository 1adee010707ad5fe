// One exchange of libcurl's.
#ifndef WARDEN_INTERCEPTORS_HTTP_CURL_TRANSFER_H_
#define WARDEN_INTERCEPTORS_HTTP_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/http/http_client.h"

namespace warden {

// Used by one thread at a time. Stays where it is: libcurl holds its address.
class CurlTransfer {
 public:
  // Errors: InvalidArgument, Internal where libcurl cannot be set up.
  static absl::StatusOr<std::unique_ptr<CurlTransfer>> Make(const HttpClientOptions& options,
                                                            const HttpRequest& request,
                                                            HttpClient::Callback* done);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* handle() const { return handle_; }

  // The transfer of this handle.
  static CurlTransfer* Of(CURL* handle);

  // Hands the answer, or what `code` says, to the callback. REQUIRES: called once.
  void Finish(CURLcode code);
  void Fail(const absl::Status& status) { done_(status); }

 private:
  CurlTransfer(const HttpClientOptions& options, const HttpRequest& request);

  absl::Status SetUp(const HttpClientOptions& options, const HttpRequest& request);
  absl::Status SetTls(const HttpClientOptions& options);
  absl::Status SetMessage(const HttpRequest& request);
  absl::Status SetBounds(const HttpClientOptions& options, const HttpRequest& request);
  absl::Status StatusOf(CURLcode code) const;

  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);

  const size_t max_body_bytes_;
  const std::string host_;
  HttpClient::Callback done_;
  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  HttpResponse response_;
  size_t header_bytes_ = 0;
  bool too_large_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HTTP_CURL_TRANSFER_H_
