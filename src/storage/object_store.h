// ObjectStore: bytes under names, with one atomic question (put-if-absent). Thread-safe.
//
// Keys are '/'-separated, relative, never empty, without "." or ".." parts and control characters;
// anything else is kInvalid "storage.bad_key" (a part above 255 bytes: "storage.name_too_long").
// They are plain bytes: "%2e" is a name like any other. A folder that is missing or is no folder
// holds nothing. Symbolic links below the root are not followed: kInvalid "storage.symlink", and
// List leaves them out. Next: local_store.h, memory_store.h (implementations); faulty_store.h,
// metered_store.h (decorators); open_store.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lakehold::storage {

struct ObjectMeta {
  std::string key;
  uint64_t size_bytes = 0;
  int64_t modified_ns =
      0;  // Since 1970. On a local store the commit time of a log entry is its publishing time.
  std::string identity;  // Changes when another object takes the key: inode and device, or an ETag.
};

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;
};

// An object opened for reading. Thread-safe: reads carry their own position.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectMeta& meta() const = 0;
  // Fills all of `into`; an object that ends earlier is kIo "storage.short_read".
  virtual Status ReadAt(uint64_t offset, std::span<std::byte> into) = 0;
};

// A complete object that has no name yet, or has been published and may still need settling.
// Externally synchronized. Destroyed unpublished it leaves nothing behind.
class Staged {
 public:
  virtual ~Staged() = default;
  virtual uint64_t size_bytes() const = 0;
  // Replaces the whole content while no name points at it. kInternal once Publish succeeded or its
  // outcome is unknown.
  virtual Status Rewrite(std::span<const std::byte> bytes) = 0;
};

// Streams the bytes of a new object. Externally synchronized. Destroyed before Finish() it leaves
// nothing behind.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  virtual Status Write(std::span<const std::byte> bytes) = 0;
  virtual uint64_t size_bytes() const = 0;
  // The object complete, nameless and unsynced. Call once; after a failed Write it fails too.
  virtual Result<std::unique_ptr<Staged>> Finish() = 0;
};

class ObjectLister {
 public:
  virtual ~ObjectLister() = default;
  // The next object, or nothing at the end.
  virtual Result<std::optional<ObjectMeta>> Next() = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // kNotFound "storage.not_found" if there is no such object (a folder is no object).
  virtual Result<ObjectMeta> Head(std::string_view key) = 0;
  // The object's bytes, whole or a range; a range past the end is kInvalid "storage.bad_range".
  virtual Result<Bytes> Get(std::string_view key, std::optional<ByteRange> range) = 0;
  virtual Result<std::unique_ptr<ObjectReader>> OpenReader(std::string_view key) = 0;

  // Opens a sink for an object that will be published in `folder` ("" is the root); makes the
  // folder if needed.
  virtual Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder) = 0;
  // Makes the content durable, in parallel, whether published or not. After an error the objects
  // must be discarded: every later call with one of them that failed is kIo "storage.discarded" (a
  // second sync would succeed without having synced).
  virtual Status SettleBytes(std::span<Staged* const> staged) = 0;
  // Put-if-absent: gives the object its name, in one atomic step. May be tried again under another
  // key with the same bytes. kAlreadyExists "storage.exists" if the key was taken first;
  // kOutcomeUnknown "storage.lost_answer" if the object may or may not exist now.
  virtual Result<ObjectMeta> Publish(Staged& staged, std::string_view key) = 0;
  // Makes the names in these folders durable, and the folders' own names up to the root where this
  // store made them. An error is reason "storage.not_durable" ("storage.no_folder_sync",
  // kUnsupported, where folders cannot be synced at all): everything stays published, so after a
  // commit the caller must answer kOutcomeUnknown "storage.not_durable".
  virtual Status SettleNames(std::span<const std::string> folders) = 0;
  // Writes or replaces a hint, atomically but not durably. The only call that overwrites.
  virtual Status PutHint(std::string_view key, std::span<const std::byte> bytes) = 0;

  // Objects whose key starts with `prefix`, strictly after `start_after` ("" = from the beginning),
  // in UTF-8 byte order, complete at the time of the call; what was deleted since may be left out.
  // An absent folder lists as empty.
  virtual Result<std::unique_ptr<ObjectLister>> List(std::string_view prefix,
                                                     std::string_view start_after) = 0;
  // Names (last parts) of the folders directly below `folder` ("" = root), in byte order.
  virtual Result<std::vector<std::string>> ListFolders(std::string_view folder) = 0;
  // Idempotent: an absent key is success.
  virtual Status Delete(std::string_view key) = 0;
  // Renames a whole folder to a name not taken yet, in one step; makes the parent of `to`. Durable
  // after SettleNames of both parents. kNotFound if absent, kAlreadyExists if taken.
  virtual Status MoveFolder(std::string_view from, std::string_view to) = 0;

  // True if names become durable in the order in which they were published (ext4, XFS: one
  // journal), so that all folders of a commit may be settled together after its log entry was
  // published. False (btrfs, NFS, unknown file systems): settle the names of the data files before
  // publishing the log entry that mentions them.
  virtual bool NamesSettleInOrder() const { return false; }
  // True if the page cache serves reads, so that a reader need not keep a cache of its own.
  virtual bool IsLocal() const = 0;
  // The root as people write it: an absolute path, or a URL.
  virtual std::string_view uri() const = 0;
};

}  // namespace lakehold::storage
