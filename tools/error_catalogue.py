#!/usr/bin/env python3
"""Writes docs/errors.md: every reason an error can carry, with its kind and message, as the sources
say them.

tools/error_catalogue.py           writes the page
tools/error_catalogue.py --check   fails if the page is not what it would write
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "errors.md"
NOT_FOR_USERS = ("_test.cc", "faulty_store.cc")

FACTORIES = {
    "Invalid": "Invalid",
    "NotFound": "NotFound",
    "AlreadyExists": "AlreadyExists",
    "Conflict": "Conflict",
    "OutcomeUnknown": "OutcomeUnknown",
    "Denied": "Denied",
    "Unsupported": "Unsupported",
    "Corrupt": "Corrupt",
    "Unavailable": "Unavailable",
    "IoError": "Io",
    "Cancelled": "Cancelled",
    "Internal": "Internal",
    # What rooms call them for short.
    "Lose": "Conflict",
    "Bad": "Corrupt",
}
PYTHON_KINDS = {"StorageError": "Io"}
EXIT_CODES = {
    "Invalid": 2,
    "NotFound": 3,
    "AlreadyExists": 4,
    "Conflict": 5,
    "OutcomeUnknown": 6,
    "Denied": 7,
    "Unsupported": 8,
    "Corrupt": 9,
    "Unavailable": 10,
    "Io": 11,
    "Internal": 70,
    "Cancelled": 130,
}
EXCEPTIONS = {"Io": "StorageError"}

SLUG = r'"([a-z0-9]+\.[a-z0-9_]+)"'
STRINGS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
CALL = re.compile(
    r"\b("
    + "|".join(FACTORIES)
    + r")\(\s*(?:winner,\s*)?"
    + SLUG
    + r"\s*(?:,\s*(?:fmt::format\(\s*)?"
    + STRINGS
    + ")?"
)
TRANSLATION = re.compile(r"Translation\{ExceptionType::\w+, ErrorKind::k(\w+), " + SLUG + r"\}")
ASSIGNED = re.compile(r"\breason = " + SLUG)
KIND = re.compile(r"\bkind = ErrorKind::k(\w+)")
PYTHON = re.compile(r"\b(\w+Error)\(\s*f?" + STRINGS + r"[^#]*?reason=" + SLUG, re.S)

HEAD = """# Errors

Every error has a kind (what to do), a reason (what happened: a stable slug, for programs and
tests), a message (which object, which numbers) and a hint (the next step). An error means that
nothing was changed, unless its kind is OutcomeUnknown. In Python the kind is the exception's class
and `reason` an attribute; on the command line the kind is the exit code and the reason stands in
brackets at the end of the line.

This page is generated from the sources by `tools/error_catalogue.py`; a test keeps it current.
`...` stands for names and numbers.

| kind | Python | exit code |
| --- | --- | ---: |
"""


def text_of(strings: str | None) -> str:
    """Adjacent literals as one text, with ... for what is filled in."""
    if not strings:
        return ""
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', strings))
    text = text.replace('\\"', '"').replace("\\\\", "\\").replace("\\n", " ")
    text = re.sub(r"\{\{|\}\}", "", text)
    return re.sub(r"\{[^{}]*\}", "...", text).strip()


def found_in(path: pathlib.Path) -> list[tuple[str, str, str]]:
    """(reason, kind or "", message) of every place in the file that makes an error."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [
            (
                match[3],
                PYTHON_KINDS.get(match[1], match[1].removesuffix("Error")),
                text_of(match[2]),
            )
            for match in PYTHON.finditer(source)
        ]
    source = re.sub(r"(?m)^\s*//.*$", "", source)
    found = [(match[2], FACTORIES[match[1]], text_of(match[3])) for match in CALL.finditer(source)]
    found += [(match[2], match[1], "") for match in TRANSLATION.finditer(source)]
    for match in ASSIGNED.finditer(source):
        before = source[max(0, match.start() - 120) : match.start()]
        kinds = KIND.findall(before[before.rfind("{") + 1 :])
        found.append((match[1], kinds[-1] if kinds else "", ""))
    return found


def catalogue() -> str:
    reasons: dict[str, tuple[set[str], list[str]]] = {}
    paths = [
        *ROOT.glob("src/**/*.cc"),
        *ROOT.glob("src/**/*.h"),
        *ROOT.glob("src/python/lakehold/*.py"),
    ]
    for path in sorted(paths):
        if path.name.endswith(NOT_FOR_USERS):
            continue
        for reason, kind, message in found_in(path):
            kinds, messages = reasons.setdefault(reason, (set(), []))
            if kind:
                kinds.add(kind)
            if message and message not in messages:
                messages.append(message)
    lines = [HEAD.rstrip("\n")]
    lines += [
        f"| {kind} | `{EXCEPTIONS.get(kind, kind + 'Error')}` | {code} |"
        for kind, code in EXIT_CODES.items()
    ]
    room = ""
    for reason in sorted(reasons):
        kinds, messages = reasons[reason]
        if reason.split(".")[0] != room:
            room = reason.split(".")[0]
            lines += ["", f"## {room}", "", "| reason | kind | message |", "| --- | --- | --- |"]
        told = "<br>".join(
            message.replace("|", "\\|").replace("<", "&lt;") for message in messages[:3]
        )
        lines.append(
            f"| `{reason}` | {', '.join(sorted(kinds)) or 'Invalid'} | {told or 'as the engine or the system says it'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    page = catalogue()
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is not current: run tools/error_catalogue.py")
        return 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
