#include "cli/line_editor.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <signal.h>

#ifdef LAKEHOLD_LIBEDIT
#include <histedit.h>
#endif

namespace lakehold::cli {
namespace {

// Ctrl+C at the prompt only ends the reading: without SA_RESTART it fails with EINTR.
class PromptSignals {
 public:
  PromptSignals() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_);
  }
  ~PromptSignals() { sigaction(SIGINT, &old_, nullptr); }
  PromptSignals(const PromptSignals&) = delete;
  PromptSignals& operator=(const PromptSignals&) = delete;

 private:
  struct sigaction old_ {};
};

#ifdef LAKEHOLD_LIBEDIT

class LibeditEditor final : public LineEditor {
 public:
  LibeditEditor(Completer completer, std::string history_file)
      : completer_(std::move(completer)),
        history_file_(std::move(history_file)),
        editor_(el_init("lakehold", stdin, stdout, stderr)),
        history_(history_init()) {
    HistEvent event;
    history(history_, &event, H_SETSIZE, 10'000);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &LibeditEditor::Prompt);
    el_set(editor_, EL_SIGNAL, 0);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_ADDFN, "lakehold-complete", "complete a word", &LibeditEditor::Complete);
    el_set(editor_, EL_BIND, "^I", "lakehold-complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor_, nullptr);
  }
  ~LibeditEditor() override {
    HistEvent event;
    if (!history_file_.empty()) history(history_, &event, H_SAVE, history_file_.c_str());
    history_end(history_);
    el_end(editor_);
  }

  LineState Read(const std::string& prompt, std::string* line) override {
    prompt_ = prompt;
    const PromptSignals signals;
    int count = 0;
    errno = 0;
    const char* text = el_gets(editor_, &count);
    if (text == nullptr || count <= 0) {
      const bool interrupted = errno == EINTR;
      if (interrupted) el_reset(editor_);
      std::fputc('\n', stdout);
      std::fflush(stdout);
      return interrupted ? LineState::kInterrupted : LineState::kEnd;
    }
    line->assign(text, static_cast<size_t>(count));
    while (!line->empty() && (line->back() == '\n' || line->back() == '\r')) line->pop_back();
    return LineState::kLine;
  }

  void Remember(const std::string& entry) override {
    HistEvent event;
    history(history_, &event, H_ENTER, entry.c_str());
  }

 private:
  static LibeditEditor& Self(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<LibeditEditor*>(self);
  }
  static char* Prompt(EditLine* editor) { return Self(editor).prompt_.data(); }

  static unsigned char Complete(EditLine* editor, int /*key*/) {
    const LineInfo* info = el_line(editor);
    const std::string_view line(info->buffer, static_cast<size_t>(info->cursor - info->buffer));
    const auto words = Self(editor).completer_(line);
    if (words.empty()) return CC_REFRESH_BEEP;
    const std::string_view typed = LastWord(line);
    std::string shared = SharedPrefix(words);
    if (words.size() == 1) shared += ' ';
    if (shared.size() > typed.size()) {
      el_deletestr(editor, static_cast<int>(typed.size()));
      el_insertstr(editor, shared.c_str());
      return CC_REFRESH;
    }
    std::string list = "\n";
    for (const auto& word : words) list += word + "  ";
    std::fputs((list + "\n").c_str(), stdout);
    return CC_REDISPLAY;
  }

  Completer completer_;
  std::string history_file_;
  std::string prompt_;
  EditLine* editor_;
  History* history_;
};

#else

class PlainEditor final : public LineEditor {
 public:
  LineState Read(const std::string& prompt, std::string* line) override {
    std::fputs(prompt.c_str(), stdout);
    std::fflush(stdout);
    const PromptSignals signals;
    line->clear();
    while (true) {
      errno = 0;
      const int c = std::fgetc(stdin);
      if (c == '\n') return LineState::kLine;
      if (c != EOF) {
        *line += static_cast<char>(c);
        continue;
      }
      const bool interrupted = errno == EINTR;
      std::clearerr(stdin);
      if (!interrupted && !line->empty()) return LineState::kLine;
      std::fputc('\n', stdout);
      return interrupted ? LineState::kInterrupted : LineState::kEnd;
    }
  }
  void Remember(const std::string& /*entry*/) override {}
};

#endif

}  // namespace

std::unique_ptr<LineEditor> LineEditor::New(Completer completer, std::string history_file) {
#ifdef LAKEHOLD_LIBEDIT
  return std::make_unique<LibeditEditor>(std::move(completer), std::move(history_file));
#else
  (void)completer;
  (void)history_file;
  return std::make_unique<PlainEditor>();
#endif
}

std::string_view LastWord(std::string_view line) {
  size_t begin = line.size();
  while (begin > 0) {
    const auto c = static_cast<unsigned char>(line[begin - 1]);
    if (std::isalnum(c) == 0 && c != '_' && c < 0x80 && !(c == '.' && begin == 1)) break;
    --begin;
  }
  return line.substr(begin);
}

std::string SharedPrefix(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string shared = words.front();
  for (const auto& word : words) {
    const auto end = std::mismatch(shared.begin(), shared.end(), word.begin(), word.end()).first;
    shared.erase(end, shared.end());
  }
  return shared;
}

}  // namespace lakehold::cli
