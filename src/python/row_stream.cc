#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "python/array_reader.h"
#include "python/bind.h"
#include "python/errors.h"
#include "python/interrupts.h"
#include "python/streams.h"

namespace lakehold::python {

namespace nb = nanobind;

// Shared by a RowStream and the capsule it gave out. The GIL is not held where it runs.
struct RowStream::State {
  std::shared_ptr<Rows> rows;
  ArrowArrayStream stream{};
  ArrowSchema schema{};
  std::vector<ArrayReader> readers;  // One a column, once rows are asked for.
  bool given = false;
  bool resignal = false;
  int failure = 0;  // errno of the first failure.
  std::string failure_text;
  std::optional<nb::python_error> interrupted;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { Release(); }

  // Ending a stream waits for the engine's threads, which may want the GIL.
  void Release() {
    if (PyGILState_Check() == 0) return ReleaseUnlocked();
    const nb::gil_scoped_release nogil;
    ReleaseUnlocked();
  }

  // As an Arrow stream's get_next, but Ctrl+C makes it fail and fills `interrupted`.
  int Next(ArrowArray* out) {
    out->release = nullptr;
    int code = ECANCELED;
    try {
      RunInterruptibly([&] { code = stream.get_next(&stream, out); }, [&] { rows->Interrupt(); });
    } catch (nb::python_error& raised) {
      code = ECANCELED;
      failure_text = "interrupted";
      if (out->release != nullptr) out->release(out);
      KeepInterrupt(std::move(raised));
    }
    if (code != 0 && failure == 0) {
      failure = code;
      if (failure_text.empty()) failure_text = LastError();
    }
    return code;
  }

  std::string LastError() {
    const char* text = stream.get_last_error(&stream);
    return text != nullptr ? text : "";
  }

 private:
  void ReleaseUnlocked() {
    if (schema.release != nullptr) schema.release(&schema);
    if (stream.release != nullptr) stream.release(&stream);
  }
  void KeepInterrupt(nb::python_error raised) {
    const nb::gil_scoped_acquire gil;
    if (resignal) {
      PyErr_SetInterrupt();
    } else {
      interrupted.emplace(std::move(raised));
    }
  }
};

namespace {

constexpr const char* kStream = "arrow_array_stream";
constexpr const char* kSchema = "arrow_schema";

using Shared = std::shared_ptr<RowStream::State>;

Shared& From(ArrowArrayStream* stream) { return *static_cast<Shared*>(stream->private_data); }

// Fills a stream for others; it shares the state.
void Share(const Shared& state, ArrowArrayStream* out) {
  out->private_data = new Shared(state);
  out->get_schema = [](ArrowArrayStream* stream, ArrowSchema* schema) {
    auto& inner = From(stream)->stream;
    return inner.get_schema(&inner, schema);
  };
  out->get_next = [](ArrowArrayStream* stream, ArrowArray* array) {
    return From(stream)->Next(array);
  };
  out->get_last_error = [](ArrowArrayStream* stream) -> const char* {
    return From(stream)->failure_text.c_str();
  };
  out->release = [](ArrowArrayStream* stream) {
    From(stream)->Release();
    delete &From(stream);
    stream->release = nullptr;
  };
}

template <typename Struct>
nb::object Wrap(std::unique_ptr<Struct> what, const char* name, PyCapsule_Destructor destructor) {
  PyObject* capsule = PyCapsule_New(what.get(), name, destructor);
  if (capsule == nullptr) {
    if (what->release != nullptr) what->release(what.get());
    throw nb::python_error();
  }
  (void)what.release();
  return nb::steal(capsule);
}

template <typename Struct>
void Drop(void* pointer) {
  auto* held = static_cast<Struct*>(pointer);
  if (held == nullptr) return;
  if (held->release != nullptr) held->release(held);
  delete held;
}

// The exception of "message. hint [reason]" and an errno.
[[noreturn]] void RaiseFailure(int code, const std::string& text) {
  nb::module_::import_("lakehold._errors").attr("raise_stream_error")(code, text);
  throw nb::next_overload();  // Unreachable.
}

// Releases an array when the scope ends.
struct HeldArray {
  ArrowArray array{};
  ~HeldArray() {
    if (array.release != nullptr) array.release(&array);
  }
};

}  // namespace

RowStream::RowStream(std::shared_ptr<Rows> rows, int64_t batch_rows)
    : state_(std::make_shared<State>()) {
  state_->rows = std::move(rows);
  python::Check(Interruptible(*state_->rows,
                              [&] { return state_->rows->Open(&state_->stream, batch_rows); }));
}

nb::object RowStream::Capsule(bool resignal) {
  if (std::exchange(state_->given, true))
    throw nb::value_error("this stream was handed out before");
  state_->resignal = resignal;
  auto stream = std::make_unique<ArrowArrayStream>();
  Share(state_, stream.get());
  return Wrap(std::move(stream), kStream, [](PyObject* capsule) {
    Drop<ArrowArrayStream>(PyCapsule_GetPointer(capsule, kStream));
  });
}

nb::object RowStream::SchemaCapsule() {
  auto schema = std::make_unique<ArrowSchema>();
  if (state_->stream.get_schema(&state_->stream, schema.get()) != 0)
    RaiseFailure(EIO, state_->LastError());
  return Wrap(std::move(schema), kSchema,
              [](PyObject* capsule) { Drop<ArrowSchema>(PyCapsule_GetPointer(capsule, kSchema)); });
}

nb::object RowStream::NextRows() {
  auto& state = *state_;
  if (state.schema.release == nullptr) {
    if (state.stream.get_schema(&state.stream, &state.schema) != 0)
      RaiseFailure(EIO, state.LastError());
    const auto& columns = state.rows->columns();
    for (int64_t i = 0; i < state.schema.n_children; ++i) {
      const auto& column = columns[static_cast<size_t>(i)];
      const bool whole = column.type == "HUGEINT" || column.type == "UHUGEINT";
      state.readers.emplace_back(*state.schema.children[i], "column " + column.name, whole);
    }
  }
  HeldArray batch;
  const int code = state.Next(&batch.array);
  if (code != 0) Check();
  if (batch.array.release == nullptr) return nb::none();
  const auto width = static_cast<Py_ssize_t>(state.readers.size());
  nb::object rows = nb::steal(PyList_New(static_cast<Py_ssize_t>(batch.array.length)));
  for (int64_t row = 0; row < batch.array.length; ++row) {
    nb::object tuple = nb::steal(PyTuple_New(width));
    for (Py_ssize_t i = 0; i < width; ++i) {
      const auto& reader = state.readers[static_cast<size_t>(i)];
      PyTuple_SET_ITEM(
          tuple.ptr(), i,
          reader.At(*batch.array.children[i], batch.array.offset + row).release().ptr());
    }
    PyList_SET_ITEM(rows.ptr(), static_cast<Py_ssize_t>(row), tuple.release().ptr());
  }
  return rows;
}

void RowStream::Check() {
  if (state_->interrupted) {
    auto raised = std::move(*state_->interrupted);
    state_->interrupted.reset();
    throw nb::python_error(std::move(raised));
  }
  if (state_->failure != 0) RaiseFailure(state_->failure, state_->failure_text);
}

void BindStreams(nb::module_& module) {
  nb::class_<RowStream>(module, "RowStream")
      .def("capsule", &RowStream::Capsule, nb::arg("resignal"))
      .def("schema", &RowStream::SchemaCapsule)
      .def("next_rows", &RowStream::NextRows)
      .def("check", &RowStream::Check);
  nb::class_<Rows>(module, "Rows")
      .def_prop_ro("columns",
                   [](const Rows& rows) {
                     nb::list columns;
                     for (const auto& column : rows.columns())
                       columns.append(nb::make_tuple(column.name, column.type));
                     return columns;
                   })
      .def("interrupt", [](Rows& rows) { Unlocked([&] { rows.Interrupt(); }); })
      .def_prop_ro("changed_rows", &Rows::changed_rows)
      .def(
          "open",
          [](std::shared_ptr<Rows> rows, int64_t batch_rows) {
            return RowStream(std::move(rows), batch_rows);
          },
          nb::arg("batch_rows") = 122'880);
}

}  // namespace lakehold::python
