"""The exceptions of lakehold: one class a kind, each with the builtin that code already catches.

An error means "unchanged", unless it is an OutcomeUnknownError: that one carries the transaction id
that settles it.
"""

from __future__ import annotations

import errno
from typing import NoReturn


class LakeholdError(Exception):
    """Base of all. `reason` is a stable slug, `hint` the next step, `context` the details for
    programs: "table", "path", "version", "column", "row" (from 0), "value", "file", "line" where
    they are known, as texts."""

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        hint: str = "",
        context: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint
        self.context = context or {}

    def __str__(self) -> str:
        text = self.message
        if self.hint:
            code = self.hint.startswith(("lh.", "lake.", "pip "))
            first = self.hint[:1] if code else self.hint[:1].upper()
            text = f"{text.rstrip('.')}. {first}{self.hint[1:]}"
        return f"{text} [{self.reason}]" if self.reason else text


class InvalidError(LakeholdError, ValueError):
    """Fix the call."""


class NotFoundError(LakeholdError, LookupError):
    """Check the name or the version."""


class TableNotFoundError(NotFoundError, FileNotFoundError):
    """There is no table at that path or of that name."""


class AlreadyExistsError(LakeholdError, FileExistsError):
    """Open it, or pick another name."""


class ConflictError(LakeholdError):
    """Somebody else committed first and touched what this transaction read: read again and redo the
    work."""


class OutcomeUnknownError(LakeholdError):
    """The commit may have landed: look for `transaction_id` in the history before redoing it."""

    @property
    def transaction_id(self) -> str:
        return self.context.get("transaction_id", "")


class DeniedError(LakeholdError, PermissionError):
    """Obtain the right."""


class UnsupportedError(LakeholdError, NotImplementedError):
    """Use a build that knows the feature."""


class CorruptError(LakeholdError):
    """Stop and restore: what is on disk cannot be right."""


class UnavailableError(LakeholdError, ConnectionError):
    """Try later; lakehold already retried."""


class StorageError(LakeholdError, OSError):
    """Repair the machine: disk full, read-only, unreadable."""


class CancelledError(LakeholdError):
    """The statement was interrupted; nothing changed."""


class InternalError(LakeholdError):
    """A bug in lakehold: please report it."""


_CLASSES: dict[str, type[LakeholdError]] = {
    "Invalid": InvalidError,
    "NotFound": NotFoundError,
    "AlreadyExists": AlreadyExistsError,
    "Conflict": ConflictError,
    "OutcomeUnknown": OutcomeUnknownError,
    "Denied": DeniedError,
    "Unsupported": UnsupportedError,
    "Corrupt": CorruptError,
    "Unavailable": UnavailableError,
    "Io": StorageError,
    "Cancelled": CancelledError,
    "Internal": InternalError,
}
_NO_TABLE = {"delta.not_a_table", "sql.unknown_table", "storage.no_folder"}


def raise_error(
    kind: str, reason: str, message: str, hint: str, context: dict[str, str]
) -> NoReturn:
    """Called by the native half for every error that reaches Python."""
    cls = (
        TableNotFoundError
        if kind == "NotFound" and reason in _NO_TABLE
        else _CLASSES.get(kind, InternalError)
    )
    raise cls(message, reason=reason, hint=hint, context=context)


_STREAM_KINDS = {
    errno.EINVAL: "Invalid",
    errno.ECANCELED: "Cancelled",
    errno.ENOSYS: "Unsupported",
    errno.ENOENT: "NotFound",
    errno.EACCES: "Denied",
    errno.EBADMSG: "Corrupt",
    errno.EAGAIN: "Unavailable",
    errno.ENOTRECOVERABLE: "Internal",
}


def raise_stream_error(code: int, text: str) -> NoReturn:
    """Called by the native half for a stream that broke: an errno by kind, and "message. hint
    [reason]"."""
    message, found, reason = text.rstrip("]").rpartition(" [")
    if not (found and text.endswith("]")):
        message, reason = text, "engine.query_failed"
    raise_error(_STREAM_KINDS.get(code, "Io"), reason, message, "", {})
