#include "interceptors/port_settings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What `own` sets takes the place of what `base` has.
void Override(const Message& own, Message* base) {
  std::vector<const FieldDescriptor*> set;
  own.GetReflection()->ListFields(own, &set);
  for (const FieldDescriptor* field : set) base->GetReflection()->ClearField(base, field);
  base->MergeFrom(own);
}

bool Sets(const Message& message, std::string_view field) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  return std::any_of(set.begin(), set.end(),
                     [field](const FieldDescriptor* one) { return one->name() == field; });
}

}  // namespace

PortSettings SettingsOfPort(const v1::Config& config, std::string_view name) {
  PortSettings settings{.name = std::string(name),
                        .tls = config.tls(),
                        .identity = config.identity(),
                        .reload_interval = {}};
  if (!name.empty()) {
    const auto port = config.ports().find(settings.name);
    if (port != config.ports().end()) {
      Override(port->second.tls(), &settings.tls);
      Override(port->second.identity(), &settings.identity);
    }
  }
  settings.reload_interval = DurationOr(settings.tls.has_reload_interval(),
                                        settings.tls.reload_interval(), absl::Minutes(1));
  return settings;
}

std::vector<std::string> PortNames(const v1::Config& config) {
  std::vector<std::string> names = {""};
  for (const auto& [name, port] : config.ports()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string PathForPort(const v1::Config& config, std::string_view name, std::string_view section,
                        std::string_view field) {
  const auto port = config.ports().find(std::string(name));
  if (!name.empty() && port != config.ports().end()) {
    const bool own =
        section == "tls" ? Sets(port->second.tls(), field) : Sets(port->second.identity(), field);
    if (own) return ChildPath(ChildPath(ChildPath("ports", name), section), field);
  }
  return ChildPath(section, field);
}

TlsFiles TlsFilesOf(const LoadedConfig& config, const PortSettings& port) {
  return {.certificate = ResolveFile(config, port.tls.certificate_file()),
          .private_key = ResolveFile(config, port.tls.private_key_file()),
          .client_ca = ResolveFile(config, port.tls.client_ca_file())};
}

}  // namespace warden
