#include "python/pulled_stream.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "python/errors.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr const char* kStream = "arrow_array_stream";

struct Pulled {
  std::unique_ptr<BatchMaker> maker;
  std::string failure;
};

Pulled& From(ArrowArrayStream* stream) { return *static_cast<Pulled*>(stream->private_data); }

// 0, or EINVAL with the text of what `call` threw.
template <typename Call>
int Guard(ArrowArrayStream* stream, Call&& call) {
  const nb::gil_scoped_acquire gil;
  try {
    call(*From(stream).maker);
    return 0;
  } catch (nb::python_error& error) {
    From(stream).failure = OneLine(error);
  } catch (const std::exception& error) {
    From(stream).failure = error.what();
  }
  return EINVAL;
}

void ReleaseCapsule(PyObject* capsule) {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, kStream));
  if (stream == nullptr) return;
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

bool SameTypes(const ArrowSchema& a, const ArrowSchema& b, bool names) {
  if (std::strcmp(a.format, b.format) != 0 || a.n_children != b.n_children) return false;
  if ((a.dictionary == nullptr) != (b.dictionary == nullptr)) return false;
  if (a.dictionary != nullptr && !SameTypes(*a.dictionary, *b.dictionary, false)) return false;
  for (int64_t i = 0; i < a.n_children; ++i) {
    const auto& x = *a.children[i];
    const auto& y = *b.children[i];
    if (names && std::strcmp(x.name, y.name) != 0) return false;
    if (!SameTypes(x, y, std::strcmp(x.format, "+s") == 0)) return false;
  }
  return true;
}

class Streams final : public BatchMaker {
 public:
  explicit Streams(nb::object streams) : streams_(nb::iter(streams)) {}
  ~Streams() override {
    if (stream_.release != nullptr) stream_.release(&stream_);
    if (schema_.release != nullptr) schema_.release(&schema_);
  }

  void Schema(ArrowSchema* out) override {
    if (schema_.release == nullptr && !Open())
      throw nb::value_error("the iterable is empty and has no columns");
    if (number_ > 1 || stream_.release == nullptr)
      throw nb::value_error("the schema was asked for after the first batches");
    if (stream_.get_schema(&stream_, out) != 0) throw nb::value_error(LastError().c_str());
  }

  bool Next(ArrowArray* out) override {
    while (stream_.release != nullptr || Open()) {
      if (stream_.get_next(&stream_, out) != 0) {
        out->release = nullptr;
        throw nb::value_error(LastError().c_str());
      }
      if (out->release != nullptr) return true;
      stream_.release(&stream_);
    }
    return false;
  }

 private:
  std::string LastError() {
    const char* text = stream_.get_last_error(&stream_);
    return text != nullptr ? text : "the stream gave no reason";
  }

  // Opens the next stream; false if there is none.
  bool Open() {
    PyObject* next = PyIter_Next(streams_.ptr());
    if (next == nullptr) {
      if (PyErr_Occurred() != nullptr) throw nb::python_error();
      return false;
    }
    const nb::object capsule = nb::steal(next);
    auto* given = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kStream));
    if (given == nullptr || given->release == nullptr) {
      PyErr_Clear();
      throw nb::value_error(
          fmt::format("batch {} gave no Arrow stream, or one that was used before", number_)
              .c_str());
    }
    stream_ = *given;
    given->release = nullptr;
    Compare();
    ++number_;
    return true;
  }

  void Compare() {
    ArrowSchema own{};
    if (stream_.get_schema(&stream_, &own) != 0) throw nb::value_error(LastError().c_str());
    if (schema_.release == nullptr) {
      schema_ = own;
      return;
    }
    const bool same = SameTypes(schema_, own, true);
    own.release(&own);
    if (!same) {
      throw nb::type_error(
          fmt::format("batch {} has other columns or types than the first", number_).c_str());
    }
  }

  nb::object streams_;
  ArrowArrayStream stream_{};  // The open one; release is null if there is none.
  ArrowSchema schema_{};       // Of the first.
  size_t number_ = 0;
};

}  // namespace

nb::object CapsuleOf(std::unique_ptr<BatchMaker> maker) {
  auto pulled = std::make_unique<Pulled>();
  pulled->maker = std::move(maker);
  auto stream = std::make_unique<ArrowArrayStream>();
  stream->get_schema = [](ArrowArrayStream* self, ArrowSchema* out) {
    return Guard(self, [&](BatchMaker& batches) { batches.Schema(out); });
  };
  stream->get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    out->release = nullptr;
    return Guard(self, [&](BatchMaker& batches) { batches.Next(out); });
  };
  stream->get_last_error = [](ArrowArrayStream* self) -> const char* {
    return From(self).failure.c_str();
  };
  stream->release = [](ArrowArrayStream* self) {
    const nb::gil_scoped_acquire gil;
    delete static_cast<Pulled*>(self->private_data);
    self->release = nullptr;
  };
  stream->private_data = pulled.release();
  PyObject* capsule = PyCapsule_New(stream.get(), kStream, ReleaseCapsule);
  if (capsule == nullptr) {
    stream->release(stream.get());
    throw nb::python_error();
  }
  (void)stream.release();
  return nb::steal(capsule);
}

nb::object StreamOfStreams(nb::object streams) {
  return CapsuleOf(std::make_unique<Streams>(std::move(streams)));
}

}  // namespace lakehold::python
