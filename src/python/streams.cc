#include "python/streams.h"

#include <memory>
#include <string>
#include <utility>

#include <nanobind/stl/string.h>

#include "base/result.h"
#include "python/errors.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr const char* kStreamCapsule = "arrow_array_stream";

// A Python object that may be dropped on any thread.
struct Held {
  explicit Held(nb::object what) : object(std::move(what)) {}
  ~Held() {
    if (!Py_IsInitialized()) {
      (void)object.release();  // The interpreter is gone, and its objects with it.
      return;
    }
    const nb::gil_scoped_acquire gil;
    object.reset();
  }
  nb::object object;
};

// A stream whose calls take the GIL: the producer may be Python code running on one of the engine's
// threads.
struct GuardedStream {
  ArrowArrayStream inner;
  std::string last_error;
};

GuardedStream& Guarded(ArrowArrayStream* stream) {
  return *static_cast<GuardedStream*>(stream->private_data);
}

int GuardedSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  const nb::gil_scoped_acquire gil;
  auto& inner = Guarded(stream).inner;
  return inner.get_schema(&inner, out);
}
int GuardedNext(ArrowArrayStream* stream, ArrowArray* out) {
  const nb::gil_scoped_acquire gil;
  auto& inner = Guarded(stream).inner;
  return inner.get_next(&inner, out);
}
const char* GuardedError(ArrowArrayStream* stream) {
  const nb::gil_scoped_acquire gil;
  auto& guarded = Guarded(stream);
  const char* text = guarded.inner.get_last_error(&guarded.inner);
  guarded.last_error = text != nullptr ? text : "";
  return guarded.last_error.c_str();
}
void GuardedRelease(ArrowArrayStream* stream) {
  if (Py_IsInitialized()) {
    const nb::gil_scoped_acquire gil;
    auto& inner = Guarded(stream).inner;
    if (inner.release != nullptr) inner.release(&inner);
  }
  delete static_cast<GuardedStream*>(stream->private_data);
  stream->release = nullptr;
}

// Moves the stream out of a capsule: the capsule keeps an empty shell.
Status TakeStream(nb::handle capsule, ArrowArrayStream* out) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kStreamCapsule));
  if (stream == nullptr || stream->release == nullptr) {
    PyErr_Clear();
    return Invalid("python.input", "the input gave no Arrow stream, or one that was used before");
  }
  auto guarded = std::make_unique<GuardedStream>();
  guarded->inner = *stream;
  stream->release = nullptr;
  *out = {GuardedSchema, GuardedNext, GuardedError, GuardedRelease, guarded.release()};
  return {};
}

}  // namespace

StreamSource SourceOf(nb::object make, bool one_shot) {
  auto held = std::make_shared<Held>(std::move(make));
  StreamSource source;
  source.one_shot = one_shot;
  source.open = [held](ArrowArrayStream* out) -> Status {
    const nb::gil_scoped_acquire gil;
    try {
      const nb::object capsule = held->object();
      return TakeStream(capsule, out);
    } catch (nb::python_error& error) {
      return Invalid("python.input", OneLine(error));
    }
  };
  return source;
}

}  // namespace lakehold::python
