"""What a write or a plan says, frozen, with a one-line repr."""

from __future__ import annotations

from typing import Any, NamedTuple


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


class WriteReport(NamedTuple):
    """One commit to one table. Counts are of what was committed."""

    table: str
    version: int
    operation: str
    rows_added: int
    rows_removed: int
    files_added: int
    files_removed: int
    bytes_added: int
    txn_id: str
    attempts: int
    reader_features: tuple[str, ...]

    @classmethod
    def of(cls, native: Any) -> WriteReport:
        values = {name: getattr(native, name) for name in cls._fields}
        values["reader_features"] = tuple(values["reader_features"])
        return cls(**values)

    def __repr__(self) -> str:
        parts = [f"{self.table}: +{self.rows_added:,} {_rows(self.rows_added)}"]
        if self.rows_removed:
            parts.append(f"-{self.rows_removed:,} {_rows(self.rows_removed)}")
        parts.append(f"version {self.version}")
        if self.reader_features:
            parts.append("readers need " + ", ".join(self.reader_features))
        return f"<{', '.join(parts)}>"


class ScanReport(NamedTuple):
    """Which of a table's files a statement would read."""

    table: str
    version: int
    files: int
    files_read: int
    bytes: int
    bytes_read: int
    skipped_by_partition: int
    skipped_by_statistics: int
    skipped_by_deletion: int
    skipped_by_limit: int
    answered_by_log: int
    files_with_vectors: int
    columns: tuple[str, ...]
    filter: str

    @classmethod
    def of(cls, native: Any) -> ScanReport:
        values = {name: getattr(native, name) for name in cls._fields}
        values["columns"] = tuple(values["columns"])
        return cls(**values)

    def __str__(self) -> str:
        text = (
            f"{self.table} v{self.version}: read {self.files_read:,} of {self.files:,} files, "
            f"{size_text(self.bytes_read)} of {size_text(self.bytes)}"
        )
        columns = " of " + ", ".join(self.columns) if self.columns else ""
        skips = [
            f"{count:,} {how}"
            for count, how in (
                (self.skipped_by_partition, "by partition" + columns.replace(" of", "", 1)),
                (self.skipped_by_statistics, "by statistics" + columns),
                (self.skipped_by_deletion, "of deleted rows"),
                (self.skipped_by_limit, "by LIMIT"),
            )
            if count
        ]
        if skips:
            text += "; skipped " + ", ".join(skips)
        if self.answered_by_log:
            text += f"; answered {self.answered_by_log:,} from the log"
        if self.files_with_vectors:
            text += f"; {self.files_with_vectors:,} with deleted rows"
        return text + (f"; then filter {self.filter}" if self.filter else "")


class Explanation:
    """The answer of explain(): which files would be read and why, and the engine's plan in
    `plan`."""

    def __init__(self, native: Any) -> None:
        self.scans = tuple(ScanReport.of(scan) for scan in native.scans)
        self.plan: str = native.plan

    def __str__(self) -> str:
        return "\n".join(str(scan) for scan in self.scans) or "reads no table"

    __repr__ = __str__


def size_text(size: int) -> str:
    """9.1 MB."""
    value = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{size} B"
