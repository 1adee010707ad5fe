#include "tests/interceptors/rules/rules_testing.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace warden::rules {
namespace {

namespace pb = google::protobuf;

std::vector<std::string> Collect(const Program& program, const pb::Message& message,
                                 absl::Time now) {
  std::vector<Violation> violations;
  const bool valid = program.Check(message, now, 1000, &violations);
  EXPECT_EQ(valid, violations.empty());
  std::vector<std::string> lines;
  for (const Violation& violation : violations) {
    EXPECT_FALSE(violation.message.empty());
    lines.push_back(violation.field + ": " + violation.rule);
  }
  return lines;
}

// A folder of its own for each pool, gone with it.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "warden-rules-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::shared_ptr<const Program> MustCompile(const pb::Descriptor& type) {
  absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(type);
  EXPECT_TRUE(program.ok()) << program.status();
  if (program.ok()) return *program;
  return *Program::Compile(*pb::FileDescriptorProto::descriptor());
}

std::vector<std::string> Broken(const Program& program, const pb::Message& message,
                                absl::Time now) {
  const std::vector<std::string> lines = Collect(program, message, now);
  pb::DynamicMessageFactory factory;
  const std::unique_ptr<pb::Message> copy(factory.GetPrototype(message.GetDescriptor())->New());
  EXPECT_TRUE(copy->ParsePartialFromString(message.SerializePartialAsString()));
  EXPECT_EQ(Collect(program, *copy, now), lines) << "as a DynamicMessage";
  return lines;
}

std::vector<std::string> BrokenText(const pb::Message& type, const std::string& textproto,
                                    absl::Time now) {
  const std::unique_ptr<pb::Message> message(type.New());
  EXPECT_TRUE(pb::TextFormat::ParseFromString(textproto, message.get())) << textproto;
  return Broken(*MustCompile(*type.GetDescriptor()), *message, now);
}

void ExpectRows(const pb::Message& type, const std::vector<Row>& rows, absl::Time now) {
  for (const Row& row : rows) EXPECT_EQ(BrokenText(type, row.text, now), row.broken) << row.text;
}

void ExpectRowsInAnyOrder(const pb::Message& type, const std::vector<Row>& rows) {
  const auto program = MustCompile(*type.GetDescriptor());
  for (const Row& row : rows) {
    const std::unique_ptr<pb::Message> message(type.New());
    ASSERT_TRUE(pb::TextFormat::ParseFromString(row.text, message.get())) << row.text;
    EXPECT_THAT(Broken(*program, *message), ::testing::UnorderedElementsAreArray(row.broken))
        << row.text;
  }
}

bool MessageWithText(const pb::Descriptor& type, const std::string& value,
                     const std::function<bool(const pb::Message&)>& use) {
  pb::DynamicMessageFactory factory;
  const std::unique_ptr<pb::Message> message(factory.GetPrototype(&type)->New());
  message->GetReflection()->SetString(message.get(), type.field(0), value);
  return use(*message);
}

struct ProtoPool::State {
  TempFolder folder;
  pb::DescriptorPool pool;
};

ProtoPool::ProtoPool() : state_(std::make_unique<State>()) {}

ProtoPool::~ProtoPool() = default;

const pb::FileDescriptor* ProtoPool::Add(const std::string& name, const std::string& text) {
  const std::filesystem::path folder = state_->folder.path();
  std::ofstream(folder / name) << text;
  const std::string command = absl::StrCat(
      WARDEN_PROTOC, " --include_imports --descriptor_set_out=", (folder / "set").string(), " -I",
      folder.string(), " -I", WARDEN_PROTO_DIR, " -I", WARDEN_RULES_TESTDATA_DIR, " ", name, " 2>",
      (folder / "errors").string());
  if (std::system(command.c_str()) != 0) {  // NOLINT(concurrency-mt-unsafe)
    ADD_FAILURE() << text << std::ifstream(folder / "errors").rdbuf();
    return nullptr;
  }
  pb::FileDescriptorSet set;
  std::ifstream input(folder / "set", std::ios::binary);
  if (!set.ParseFromIstream(&input)) return nullptr;
  for (const pb::FileDescriptorProto& file : set.file()) {
    if (state_->pool.FindFileByName(file.name()) != nullptr) continue;
    if (state_->pool.BuildFile(file) == nullptr) return nullptr;
  }
  return state_->pool.FindFileByName(name);
}

const pb::FileDescriptor* ProtoPool::AddMessages(const std::string& messages) {
  std::string text = "syntax = \"proto3\";\npackage t;\nimport \"warden/v1/annotations.proto\";\n";
  if (absl::StrContains(messages, "message_rules")) {
    absl::StrAppend(&text, "import \"warden/v1/rules.proto\";\n");
  }
  constexpr std::pair<const char*, const char*> kFiles[] = {{"Any", "any"},
                                                            {"Duration", "duration"},
                                                            {"FieldMask", "field_mask"},
                                                            {"Timestamp", "timestamp"},
                                                            {"StringValue", "wrappers"}};
  for (const auto& [type, file] : kFiles) {
    if (!absl::StrContains(messages, absl::StrCat("google.protobuf.", type))) continue;
    absl::StrAppend(&text, "import \"google/protobuf/", file, ".proto\";\n");
  }
  return Add("t.proto", text + messages);
}

}  // namespace warden::rules
