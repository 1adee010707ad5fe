// What AuditFile opens, and what it refuses.
#include "interceptors/audit/audit_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/interceptors/audit/audit_testing.h"

namespace warden {
namespace {

using ::testing::HasSubstr;

class AuditFileTest : public ::testing::Test {
 protected:
  std::string Error(const std::string& path) {
    const auto opened = AuditFile::Open(path, chain_);
    return opened.ok() ? "" : std::string(opened.status().message());
  }
  std::string path() const { return folder_.File("audit.log"); }

  testing::Folder folder_;
  HashChain chain_{""};
};

TEST_F(AuditFileTest, IsOfItsOwnerAlone) {
  const mode_t before = umask(0);
  const auto file = AuditFile::Open(path(), chain_);
  umask(before);
  ASSERT_TRUE(file.ok()) << file.status();
  for (const std::string& name : {path(), path() + ".lock"}) {
    struct stat status {};
    ASSERT_EQ(stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u) << name;
  }
}

TEST_F(AuditFileTest, SymbolicLinksAreNotFollowed) {
  testing::WriteAll(folder_.File("target"), "");
  ASSERT_EQ(symlink(folder_.File("target").c_str(), path().c_str()), 0);
  EXPECT_THAT(Error(path()), HasSubstr("audit.log: is a symbolic link, which is not followed"));
  std::filesystem::remove(path());
  std::filesystem::remove(path() + ".lock");
  ASSERT_EQ(symlink(folder_.File("target").c_str(), (path() + ".lock").c_str()), 0);
  EXPECT_THAT(Error(path()), HasSubstr("audit.log.lock: is a symbolic link"));
  EXPECT_EQ(testing::ReadAll(folder_.File("target")), "");
}

TEST_F(AuditFileTest, OnlyRegularFiles) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_THAT(Error(path()), HasSubstr("is not a regular file"));
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_THAT(Error(path()), HasSubstr("Is a directory"));
  EXPECT_THAT(Error(folder_.path().string() + "/"), HasSubstr("is not the name of a file"));
}

TEST_F(AuditFileTest, OthersMustNotReadOrWrite) {
  testing::WriteAll(path(), "");
  for (const mode_t bad : {0666U, 0620U, 0604U, 0602U}) {
    ASSERT_EQ(chmod(path().c_str(), bad), 0);
    EXPECT_THAT(Error(path()), HasSubstr("`chmod 600` it")) << bad;
  }
  for (const mode_t good : {0600U, 0640U}) {
    ASSERT_EQ(chmod(path().c_str(), good), 0);
    EXPECT_EQ(Error(path()), "") << good;
  }
}

TEST_F(AuditFileTest, FolderMustBeThereAndNotEverybodys) {
  EXPECT_THAT(Error(folder_.File("none/audit.log")),
              HasSubstr("none: No such file or directory; the audit log's folder must be there"));
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_THAT(Error(path()), HasSubstr("everybody can write this folder"));
  ASSERT_EQ(chmod(folder_.path().c_str(), 01777), 0);
  EXPECT_EQ(Error(path()), "") << "as /tmp: nobody can take away another's file";
}

TEST_F(AuditFileTest, OneServerWritesIt) {
  auto first = AuditFile::Open(path(), chain_);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Error(path()), HasSubstr("another server writes this audit log"));
  first->reset();
  EXPECT_EQ(Error(path()), "");
}

TEST_F(AuditFileTest, WhatIsNoLogIsNotWrittenTo) {
  testing::WriteAll(path(), "some other file\n");
  chmod(path().c_str(), 0600);
  EXPECT_THAT(Error(path()), HasSubstr("its last line is no record of an audit log"));
  testing::WriteAll(path(), std::string(100'000, 'x'));
  EXPECT_THAT(Error(path()), HasSubstr("it ends in a line that is no record"));
}

TEST_F(AuditFileTest, LinesAreWhollyThereOrNotAtAll) {
  auto file = AuditFile::Open(path(), chain_);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append("one\n").ok());
  EXPECT_EQ((*file)->size(), 4u);
  EXPECT_EQ((*file)->Look(), AuditFile::Change::kNone);
  std::ofstream(path(), std::ios::app) << "foreign";
  EXPECT_EQ((*file)->Look(), AuditFile::Change::kAltered);
  std::filesystem::resize_file(path(), 1);
  EXPECT_EQ((*file)->Look(), AuditFile::Change::kAltered);
  std::filesystem::remove(path());
  EXPECT_EQ((*file)->Look(), AuditFile::Change::kGone);
}

}  // namespace
}  // namespace warden
