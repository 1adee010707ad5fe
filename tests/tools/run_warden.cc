#include "tests/tools/run_warden.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace warden::testing {
namespace {

// For a shell: in single quotes, whatever it holds.
std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return text.str();
}

CommandResult RunWarden(const std::vector<std::string>& arguments, const std::string& input) {
  std::string folder = (std::filesystem::temp_directory_path() / "warden-cli-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  std::string command = ShellQuoted(WARDEN_CLI);
  for (const std::string& argument : arguments) command += " " + ShellQuoted(argument);
  std::ofstream(folder + "/in", std::ios::binary) << input;
  command += " <" + folder + "/in >" + folder + "/out 2>" + folder + "/err";
  const int status = std::system(command.c_str());
  CommandResult result;
  result.exit_status = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = ReadFile(folder + "/out");
  result.err = ReadFile(folder + "/err");
  std::filesystem::remove_all(folder);
  return result;
}

}  // namespace warden::testing
