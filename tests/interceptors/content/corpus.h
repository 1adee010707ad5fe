// The texts that detection is measured with: testdata/corpus.
#ifndef WARDEN_TESTS_INTERCEPTORS_CONTENT_CORPUS_H_
#define WARDEN_TESTS_INTERCEPTORS_CONTENT_CORPUS_H_

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace warden::content {

// Takes off \\, \n, \r, \t and \xHH of exactly two digits.
inline std::string Unescaped(const std::string& line) {
  constexpr std::string_view kLetters = "\\nrt", kMeant = "\\\n\r\t";
  std::string text;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      text.push_back(line[i]);
      continue;
    }
    const char c = ++i < line.size() ? line[i] : ' ';
    const size_t letter = kLetters.find(c);
    if (letter != std::string_view::npos) {
      text.push_back(kMeant[letter]);
    } else if (c == 'x' && i + 2 < line.size()) {
      text.push_back(static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16)));
      i += 2;
    } else {
      throw std::runtime_error("bad escape in " + line);
    }
  }
  return text;
}

// The texts of a file, one a line, with escapes taken off; lines that begin with `# ` in its head
// say where they are from.
inline std::vector<std::string> ReadCorpus(const std::string& name) {
  std::ifstream file(std::string(WARDEN_CORPUS_DIR) + "/" + name + ".txt");
  if (!file) throw std::runtime_error("no corpus " + name);
  std::vector<std::string> texts;
  bool head = true;
  for (std::string line; std::getline(file, line);) {
    head = head && line.starts_with("# ");
    if (head) continue;
    texts.push_back(Unescaped(line));
  }
  return texts;
}

}  // namespace warden::content

#endif  // WARDEN_TESTS_INTERCEPTORS_CONTENT_CORPUS_H_
