#include "interceptors/pending_token.h"

#include <utility>

namespace warden {

void PendingToken::Finish(TokenResult result) {
  result_ = std::move(result);
  End();
}

TokenResult PendingToken::Take() { return std::move(result_); }

}  // namespace warden
