// Of builds without ICU. Compiling rules that need it is an error there.
#include <stdexcept>

#include "interceptors/normalize/text_forms.h"

namespace warden::normalize {

bool HasUnicode() { return false; }

std::string UnicodeForm(std::string_view, Step) {
  throw std::logic_error("normalisation needs WARDEN_WITH_ICU");
}

}  // namespace warden::normalize
