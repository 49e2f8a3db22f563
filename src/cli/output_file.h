// OutputFile: where a verb's text goes: stdout, or a file that appears complete or not at all.
// Externally synchronized.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace lakehold::cli {

class OutputFile {
 public:
  // "" or "-" is stdout. A regular file is written beside its name and renamed by Finish; devices
  // and pipes directly.
  static Result<OutputFile> Open(const std::string& path);
  // Removes what was not finished.
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;

  // Called once, before the first byte goes out.
  void BeforeFirstWrite(std::function<void()> call) { before_first_write_ = std::move(call); }
  Status Write(std::string_view text);
  Status Finish();
  // The name under which somebody else may write the content instead; "" for stdout, devices and
  // pipes.
  const std::string& staging_path() const { return staging_; }
  int descriptor() const { return descriptor_; }

 private:
  OutputFile(int descriptor, std::string path, std::string staging)
      : descriptor_(descriptor), path_(std::move(path)), staging_(std::move(staging)) {}

  int descriptor_;
  std::function<void()> before_first_write_;
  std::string path_;
  std::string staging_;  // Empty once renamed.
};

// The Error for errno after a failed call on `path`.
Error SystemError(const std::string& path, int code);

}  // namespace lakehold::cli
