// The floor of an append: two files written, made durable and linked, by system calls alone. Prints
// seconds. Usage: bench_append_floor FOLDER full|none COUNT
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

int Stage(const std::string& folder, size_t bytes) {
  static const std::string kContent(4096, 'x');
  const int fd = open(folder.c_str(), O_TMPFILE | O_WRONLY, 0644);
  if (fd < 0 || write(fd, kContent.data(), bytes) != static_cast<ssize_t>(bytes)) {
    std::perror("stage");
    std::exit(1);
  }
  return fd;
}

void Link(int fd, const std::string& name) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    std::perror("linkat");
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s FOLDER full|none COUNT\n", argv[0]);
    return 2;
  }
  const std::string data = argv[1];
  const std::string log = data + "/_delta_log";
  const bool full = std::strcmp(argv[2], "full") == 0;
  const int count = std::atoi(argv[3]);
  mkdir(log.c_str(), 0755);
  const int data_folder = open(data.c_str(), O_RDONLY | O_DIRECTORY);
  const int log_folder = open(log.c_str(), O_RDONLY | O_DIRECTORY);
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    const int rows = Stage(data, 1500);
    Link(rows, data + "/part-" + std::to_string(i));
    const int entry = Stage(log, 700);
    if (full) {
      std::thread other([&] { fdatasync(rows); });
      fdatasync(entry);
      other.join();
    }
    Link(entry, log + "/" + std::to_string(i));
    if (full) {
      std::thread other([&] { fsync(data_folder); });
      fsync(log_folder);
      other.join();
    }
    close(rows);
    close(entry);
  }
  std::printf("%.6f\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  return 0;
}
