#include "interceptors/redact/linked_types.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace warden::redact {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

using Table = absl::flat_hash_map<std::string, const Descriptor*>;

void Add(const Descriptor& type, Table* table) {
  if (!type.options().map_entry()) table->emplace(type.full_name(), &type);
  for (int i = 0; i < type.nested_type_count(); ++i) Add(*type.nested_type(i), table);
}

Table MakeTable() {
  Table table;
  std::vector<std::string> names;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&names);
  for (const std::string& name : names) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; file != nullptr && i < file->message_type_count(); ++i) {
      Add(*file->message_type(i), &table);
    }
  }
  return table;
}

}  // namespace

const Message* LinkedType(std::string_view type_url) {
  static const auto* const table = new Table(MakeTable());
  const size_t slash = type_url.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const std::string_view name = type_url.substr(slash + 1);
  const auto found = table->find(absl::string_view(name.data(), name.size()));
  if (found == table->end()) return nullptr;
  return MessageFactory::generated_factory()->GetPrototype(found->second);
}

}  // namespace warden::redact
