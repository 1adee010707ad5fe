#include "interceptors/http/curl_transfer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "interceptors/http/transport.h"

namespace warden {
namespace {

constexpr size_t kMaxHeaderBytes = size_t{64} << 10;  // of an answer
constexpr size_t kMaxHeaderValue = 1024;              // of those that are kept

constexpr std::string_view kKept[] = {"cache-control", "expires",      "age",        "date",
                                      "etag",          "content-type", "retry-after"};

// Sets one option after the other, and remembers whether one of them failed.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}
  template <typename Value>
  void Set(CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(handle_, option, value); code != CURLE_OK) {
      failed_ = code;
    }
  }
  absl::Status status() const {
    if (failed_ == CURLE_OK) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("libcurl: ", curl_easy_strerror(failed_)));
  }

 private:
  CURL* const handle_;
  CURLcode failed_ = CURLE_OK;
};

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

long Milliseconds(absl::Duration duration) {
  return std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(duration)));
}

std::string Printable(std::string_view text) {
  std::string printable(text.substr(0, CURL_ERROR_SIZE));
  for (char& c : printable) {
    if (c < ' ' || c == '\x7f') c = '?';
  }
  return printable;
}

}  // namespace

CurlTransfer::CurlTransfer(const HttpClientOptions& options, const HttpRequest& request)
    : max_body_bytes_(options.max_response_bytes), host_(HostOfUrl(request.url)) {}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

absl::StatusOr<std::unique_ptr<CurlTransfer>> CurlTransfer::Make(const HttpClientOptions& options,
                                                                 const HttpRequest& request,
                                                                 HttpClient::Callback* done) {
  std::unique_ptr<CurlTransfer> transfer(new CurlTransfer(options, request));
  absl::Status status = CheckHttpsUrl(request.url);
  if (status.ok()) status = transfer->SetUp(options, request);
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat(transfer->host_, ": ", status.message()));
  }
  transfer->done_ = std::move(*done);
  return transfer;
}

CurlTransfer* CurlTransfer::Of(CURL* handle) {
  void* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return static_cast<CurlTransfer*>(self);
}

absl::Status CurlTransfer::SetUp(const HttpClientOptions& options, const HttpRequest& request) {
  handle_ = curl_easy_init();
  if (handle_ == nullptr) return absl::InternalError("libcurl gives no handle");
  absl::Status status = SetTls(options);
  if (status.ok()) status = SetMessage(request);
  if (status.ok()) status = SetBounds(options, request);
  return status;
}

absl::Status CurlTransfer::SetTls(const HttpClientOptions& options) {
  Options set(handle_);
#if LIBCURL_VERSION_NUM >= 0x075500
  set.Set(CURLOPT_PROTOCOLS_STR, "https");
#else
  set.Set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTPS));
#endif
  set.Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set.Set(CURLOPT_SSL_VERIFYPEER, 1L);
  set.Set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    set.Set(CURLOPT_CAINFO, options.ca_file.c_str());
    set.Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the machine's own as well
  }
#if LIBCURL_VERSION_NUM >= 0x075700
  set.Set(CURLOPT_CA_CACHE_TIMEOUT, 60L);  // a day where it is not set
#endif
  return set.status();
}

absl::Status CurlTransfer::SetMessage(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (HasControl(name) || HasControl(value)) {
      return absl::InvalidArgumentError("a header has a control character");
    }
    // libcurl sends an empty one only with a semicolon.
    const std::string line =
        value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value);
    curl_slist* longer = curl_slist_append(headers_, line.c_str());
    if (longer == nullptr) return absl::ResourceExhaustedError("no memory for a header");
    headers_ = longer;
  }
  if (curl_slist* longer = curl_slist_append(headers_, "Expect:"); longer != nullptr) {
    headers_ = longer;
  }
  Options set(handle_);
  set.Set(CURLOPT_URL, request.url.c_str());
  set.Set(CURLOPT_HTTPHEADER, headers_);
  set.Set(CURLOPT_USERAGENT, kUserAgent);
  if (request.method == HttpRequest::Method::kPost) {
    set.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.form.size()));
    set.Set(CURLOPT_COPYPOSTFIELDS, request.form.c_str());
  } else {
    set.Set(CURLOPT_HTTPGET, 1L);
  }
  return set.status();
}

absl::Status CurlTransfer::SetBounds(const HttpClientOptions& options, const HttpRequest& request) {
  absl::Duration timeout = options.timeout;
  if (request.timeout > absl::ZeroDuration()) timeout = std::min(timeout, request.timeout);
  Options set(handle_);
  set.Set(CURLOPT_TIMEOUT_MS, Milliseconds(timeout));
  set.Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(std::min(timeout, options.connect_timeout)));
  set.Set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_response_bytes));
  set.Set(CURLOPT_FOLLOWLOCATION, 0L);
  set.Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set.Set(CURLOPT_PROXY, options.proxy.c_str());  // "" keeps the environment's out
  set.Set(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  set.Set(CURLOPT_QUICK_EXIT, 1L);  // or a name server that is silent would hold up the thread
#endif
  set.Set(CURLOPT_ERRORBUFFER, error_);
  set.Set(CURLOPT_PRIVATE, this);
  set.Set(CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  set.Set(CURLOPT_WRITEDATA, this);
  set.Set(CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  set.Set(CURLOPT_HEADERDATA, this);
  return set.status();
}

size_t CurlTransfer::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  const size_t bytes = size * count;
  if (bytes > transfer->max_body_bytes_ - transfer->response_.body.size()) {
    transfer->too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  transfer->response_.body.append(data, bytes);
  return bytes;
}

size_t CurlTransfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  const size_t bytes = size * count;
  transfer->header_bytes_ += bytes;
  if (transfer->header_bytes_ > kMaxHeaderBytes) {
    transfer->too_large_ = true;
    return 0;
  }
  const std::string_view line(data, bytes);
  auto& headers = transfer->response_.headers;
  if (line.substr(0, 5) == "HTTP/") headers.clear();  // of an interim answer (1xx)
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  const std::string name = absl::AsciiStrToLower(absl::string_view(data, colon));
  if (std::find(std::begin(kKept), std::end(kKept), name) == std::end(kKept)) return bytes;
  const absl::string_view stripped =
      absl::StripAsciiWhitespace(absl::string_view(data + colon + 1, bytes - colon - 1));
  const std::string value(stripped.substr(0, kMaxHeaderValue));
  const auto known = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  if (known == headers.end()) {
    headers.emplace_back(name, value);
  } else if (known->second.size() < kMaxHeaderValue) {
    absl::StrAppend(&known->second, ", ", value);
  }
  return bytes;
}

absl::Status CurlTransfer::StatusOf(CURLcode code) const {
  if (too_large_ || code == CURLE_FILESIZE_EXCEEDED) {
    return absl::ResourceExhaustedError(
        absl::StrCat(host_, ": the answer is longer than ", max_body_bytes_, " bytes"));
  }
  const std::string cause = Printable(error_[0] != '\0' ? error_ : curl_easy_strerror(code));
  const std::string text = absl::StrCat(host_, ": ", cause);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(text);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return absl::InvalidArgumentError(text);
    case CURLE_PEER_FAILED_VERIFICATION:
      return absl::UnavailableError(
          absl::StrCat(host_, ": its certificate is not trusted: ", cause));
    default:
      return absl::UnavailableError(text);
  }
}

void CurlTransfer::Finish(CURLcode code) {
  if (code != CURLE_OK) {
    done_(StatusOf(code));
    return;
  }
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  done_(std::move(response_));
}

}  // namespace warden
