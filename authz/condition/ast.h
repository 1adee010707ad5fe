// An expression as it is written, before names and types are looked at.
#ifndef WARDEN_AUTHZ_CONDITION_AST_H_
#define WARDEN_AUTHZ_CONDITION_AST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "authz/condition/value.h"

namespace warden::condition {

struct Ast {
  enum class Kind : uint8_t {
    kLiteral,   // `value`; of strings and bytes the content is `text`
    kName,      // `text`; with `absolute`, after a leading dot
    kSelect,    // args[0].text
    kCall,      // text(args), or args[0].text(args[1], ...) with `member`
    kOperator,  // `text`, as written, over args; unary minus and not have one, `?` has three, `[`
                // is an index; `&&` and `||` may have more than two
    kList,      // args
    kMap,       // args are keys and values in turn
  };
  Kind kind = Kind::kLiteral;
  size_t offset = 0;
  Value value;
  std::string text;
  bool absolute = false;
  bool member = false;
  std::vector<std::unique_ptr<Ast>> args;
  size_t depth = 1;  // of the tree from here on
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_AST_H_
