#!/usr/bin/env python3
"""tidy: the house rules a machine can check. Standard library only; one line when all is well.

    tools/tidy.py            check every tracked and new file; one finding a line, exit 1 if any
    tools/tidy.py --shrink   lower tools/tidy_debt.txt to what the tree has now; never raises
    tools/tidy.py --soft     also list what is past a soft size

The checks: stairs (which room may include what), bans (with the replacement), sizes, room READMEs,
names, line length, header openings, paths of somebody's machine. The rules and their reasons:
ARCHITECTURE.md and STYLE.md.
"""

import argparse
import os
import re
import subprocess
import sys
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

DEBT_FILE = "tools/tidy_debt.txt"

# --- The stairs ----------------------------------------------------------------------------------

FLOORS = {
    "base": 0,
    "storage": 0.5,
    "delta": 1,
    "txn": 2,
    "engine": 3,
    "render": 3,
    "table": 4,
    "upkeep": 4,
    "facade": 5,
    "cli": 6,
    "python": 6,
}
# The engine's headers without DuckDB: all that rooms above it may include.
ENGINE_INTERFACE = {"engine/engine.h", "engine/load_engine.h", "engine/session.h"}
# Public headers that describe the facade; the others carry words every room may speak.
FACADE_HEADERS = {"lakehold/lake.h", "lakehold/table.h", "lakehold/lakehold.h"}
# Foreign headers and the only places that may include them (prefixes of the path).
FOREIGN = [
    (
        re.compile(r"^(duckdb(\.h|\.hpp|/.*|_extension\.h)|parquet_\w+\.hpp)$"),
        "DuckDB",
        ["src/engine/", "tests/engine/"],
    ),
    (re.compile(r"^(nanobind/|Python\.h$|pybind11/)"), "the Python interpreter", ["src/python/"]),
    (re.compile(r"^curl/"), "curl", ["src/storage/s3_store"]),
    (re.compile(r"^roaring/"), "CRoaring", ["src/delta/", "tests/", "bench/"]),
    (re.compile(r"^simdjson"), "simdjson", ["src/delta/", "tests/", "bench/"]),
    (re.compile(r"^CLI/"), "CLI11", ["src/cli/"]),
    (re.compile(r"^flatbuffers/"), "FlatBuffers", ["src/render/"]),
    (re.compile(r"^arrow/"), "Arrow C++", []),
]
FOREIGN_IN_PUBLIC = re.compile(r"\b(duckdb|nanobind|nb|fmt|simdjson|roaring|CLI|arrow)::")

# --- The bans ------------------------------------------------------------------------------------

# No clock, chance, thread or OS call here; the world comes in through Runtime and ObjectStore.
PURE_ROOMS = {"delta", "txn", "render", "table", "upkeep", "facade"}
CALL = r"(?<![\w.>:])(?:::|std::)?"
PURE_BANS = [
    (
        r"\bstd::chrono::\w*clock\b|\b(system|steady|high_resolution)_clock\b",
        "a clock",
        "Runtime::clock",
    ),
    (
        CALL + r"(time|gettimeofday|clock_gettime|localtime|gmtime|localtime_r|mktime)\s*\(",
        "a clock",
        "Runtime::clock",
    ),
    (r"\bstd::(random_device|mt19937\w*|default_random_engine)\b", "chance", "Runtime::random"),
    (CALL + r"(rand|srand|random|getrandom|uuid_generate\w*)\s*\(", "chance", "Runtime::random"),
    (r"\bstd::(thread|jthread|async)\b", "a thread", "Runtime::executor"),
    (
        r"\bstd::this_thread::|" + CALL + r"(sleep|usleep|nanosleep|sched_yield)\s*\(",
        "sleeping",
        "Runtime::clock",
    ),
    (
        CALL
        + r"(open|openat|creat|close|read|write|pread|pwrite|fsync|fdatasync|link|linkat|unlink|"
        r"unlinkat|rename|"
        r"renameat\w*|mkdir|mkdirat|rmdir|opendir|stat|fstat|lstat|fopen|mmap)\s*\(",
        "the file system",
        "ObjectStore",
    ),
    (r"\bstd::(filesystem::|[io]?fstream\b)", "the file system", "ObjectStore"),
    (
        CALL + r"(getenv|secure_getenv|setenv|system|fork|execv\w*|popen)\s*\(",
        "the operating system",
        "an option passed in",
    ),
]
EVERYWHERE_BANS = [
    (r"(?<![\w])v?sprintf\s*\(", "sprintf", "fmt::format"),
    (r"\bstd::endl\b", "std::endl", "'\\n'"),
    (
        r"\bcatch\s*\(\s*\.\.\.\s*\)\s*\{\s*"
        r"(return\s*(\{\s*\}|nullptr|std::nullopt|false|0|-1|Status\(\))?\s*;)?\s*\}",
        "catch (...) with an empty answer",
        "an Error that says what happened",
    ),
    (r"\busing\s+namespace\s+std\b", "using namespace std", "std:: where it is used"),
    (r"#\s*define\s+(DEBUG|_GLIBCXX_DEBUG)\b", "a macro that changes DuckDB's layouts", "nothing"),
]
PURE_BANS = [(re.compile(p), what, instead) for p, what, instead in PURE_BANS]
EVERYWHERE_BANS = [(re.compile(p), what, instead) for p, what, instead in EVERYWHERE_BANS]
MARKERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SUFFIX = r"(Utils?|Helpers?|Common|Manager|Impl)"
# A type derived from a foreign one of the same suffix may keep the foreign word.
BAD_TYPE = re.compile(
    r"\b(?:class|struct|enum class|enum|using)\s+(\w*" + SUFFIX + r")\b(?=\s*(?:final\s*)?[{:=])"
    r"(?!\s*(?:final\s*)?:\s*public\s+[\w:]*" + SUFFIX + r"\b)"
)
BAD_FILE = re.compile(r"(^|_)(utils?|helpers?|common|manager|impl)(_test)?$")
MACHINE_PATH = re.compile(
    r"(?:^|(?<=[\s\"'`=(:,]))"
    r"/(?:root/\.\w+|work|home/\w+|Users/\w+|tmp/(?:lh|dl)|opt/duckdb)(?=/|\b)",
    re.M,
)

# --- The sizes: kind -> (soft, hard) -------------------------------------------------------------

SIZES = {"header": (120, 250), "source": (300, 600), "test": (500, 900), "function": (40, 70)}
README_LINES = 40
COLUMNS = 100


class Finding(NamedTuple):
    path: str
    line: int
    check: str  # Names the debt entry together with the path.
    message: str
    amount: int = 0  # For checks with a debt: how much. 0: this check has no debt.

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} [{self.check}]"


# --- Reading C++ without a compiler --------------------------------------------------------------

TOKEN = re.compile(
    r'(?P<raw>R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")|(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\')',
    re.S,
)


def blank(text: str, strings: bool = True) -> str:
    """The text with comments (and string contents) replaced by spaces; lines stay where they
    are."""

    def replace(match: "re.Match[str]") -> str:
        whole = match.group(0)
        if match.group("line") or match.group("block"):
            return re.sub(r"[^\n]", " ", whole)
        if not strings:
            return whole
        return '"' + re.sub(r"[^\n]", " ", whole[1:-1]) + '"'

    return TOKEN.sub(replace, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


INITIALIZER = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
TYPE = re.compile(r"\b(class|struct|union|enum)\b")


def block_kind(header: str, inside_function: bool) -> str:
    """What a `{` after this text opens: ns, type, function, init (of a member) or other."""
    if inside_function:
        return "other"
    if re.search(r"\bnamespace\b", header) or re.search(r'\bextern\s*"', header):
        return "ns"
    if "(" not in header:
        return "type" if TYPE.search(header) else "other"
    if INITIALIZER.search(header) and re.search(r"[\w>]$", header.rstrip()):
        return "init"
    if re.search(r"=\s*$", header):
        return "other"
    return "function"


def functions(code: str) -> Iterator[Tuple[int, int]]:
    """(first, last line) of every function body at namespace or class level, in blanked code."""
    code = re.sub(
        r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
        lambda m: re.sub(r"[^\n]", " ", m.group(0)),
        code,
        flags=re.M,
    )
    stack: List[Tuple[str, int, str]] = []
    header, line, depth = "", 1, 0
    for part in re.findall(r"[{};()\n]|[^{};()\n]+", code):
        if part == "\n":
            line += 1
            header += " "
        elif part == "{":
            kind = block_kind(header, any(entry[0] == "function" for entry in stack))
            stack.append((kind, line, header))
            header, depth = "", 0
        elif part == "}":
            if stack:
                kind, first, before = stack.pop()
                if kind == "function":
                    yield first, line
                # After `member_{value}` the constructor's header goes on.
                header = before + "()" if kind == "init" else ""
            depth = 0
        elif part == ";" and depth == 0:
            header = ""
        else:
            depth += (part == "(") - (part == ")")
            header += part


# --- The checks ----------------------------------------------------------------------------------


def room_of(path: str) -> Optional[str]:
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def check_stairs(path: str, text: str) -> Iterator[Finding]:
    room, is_public = room_of(path), path.startswith("include/lakehold/")
    is_test = path.endswith("_test.cc")
    for match in re.finditer(
        r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', blank(text, strings=False), re.M
    ):
        quote, name = match.groups()
        line = line_of(text, match.start())

        def finding(message: str) -> Finding:
            return Finding(path, line, "stairs", message)

        for pattern, what, places in FOREIGN:
            if pattern.search(name) and not any(path.startswith(place) for place in places):
                yield finding(f"{name}: only {' and '.join(places) or 'nobody'} may include {what}")
        if is_public and quote == '"' and not name.startswith("lakehold/"):
            yield finding(
                f"{name}: a public header includes only lakehold/ headers and the standard library"
            )
        if (
            is_public
            and quote == "<"
            and re.search(r"[/.]", name)
            and name not in ("stdint.h", "stddef.h")
        ):
            yield finding(f"<{name}>: a public header includes only the standard library")
        if room is None or quote != '"':
            continue
        if room not in FLOORS:
            yield finding(
                f"src/{room} is no room of the house; add it to FLOORS in tools/tidy.py with an ADR"
            )
            return
        target = name.split("/")[0]
        if target == "lakehold" and FLOORS[room] < FLOORS["facade"] and name in FACADE_HEADERS:
            yield finding(f"{name}: {room} is below the facade, which this header describes")
        elif target == "support" and is_test:
            continue
        elif target in FLOORS and target != room:
            if FLOORS[target] >= FLOORS[room]:
                yield finding(
                    f"{name}: {room} (floor {int(FLOORS[room])}) may not include {target} "
                    f"(floor {int(FLOORS[target])}); move the shared word down"
                )
            elif target == "engine" and name not in ENGINE_INTERFACE:
                yield finding(
                    f"{name}: only the engine's {sorted(ENGINE_INTERFACE)} may be seen from above"
                )
        elif target not in FLOORS and target != "lakehold" and room not in ("engine", "python"):
            yield finding(f'{name}: write includes relative to src/, as "room/header.h"')


def check_bans(path: str, text: str) -> Iterator[Finding]:
    code = blank(text)
    for pattern, what, instead in EVERYWHERE_BANS:
        for match in pattern.finditer(code):
            yield Finding(path, line_of(code, match.start()), "ban", f"{what}: use {instead}")
    if room_of(path) in PURE_ROOMS and not path.endswith("_test.cc"):
        for pattern, what, instead in PURE_BANS:
            for match in pattern.finditer(code):
                word = match.group(0).strip(" (")
                yield Finding(
                    path,
                    line_of(code, match.start()),
                    "ban",
                    f"{word}: {what} has no place in {room_of(path)}; use {instead}",
                )
    if path.startswith("include/"):
        for match in FOREIGN_IN_PUBLIC.finditer(code):
            yield Finding(
                path, line_of(code, match.start()), "stairs", f"{match.group(0)} in a public header"
            )
    for match in BAD_TYPE.finditer(code):
        yield Finding(
            path,
            line_of(code, match.start()),
            "name",
            f"{match.group(1)} says nothing: name the noun, not the suffix {match.group(2)}",
        )


def check_header(path: str, text: str) -> Iterator[Finding]:
    if not text.startswith("//"):
        yield Finding(
            path,
            1,
            "header",
            "a header opens with a comment: what it is, its threading word, where next",
        )
    if not re.search(r"^#pragma once$", text, re.M):
        yield Finding(path, 1, "header", "no #pragma once")


def check_sizes(path: str, text: str, soft: bool) -> Iterator[Finding]:
    kind = "header" if path.endswith(".h") else "test" if path.endswith("_test.cc") else "source"
    limit = SIZES[kind][0 if soft else 1]
    lines = text.count("\n")
    if lines > limit:
        yield Finding(
            path,
            lines,
            "size",
            f"{lines} lines, a {kind} has at most {limit}: look for the second noun",
            lines,
        )
    limit = SIZES["function"][0 if soft else 1]
    for first, last in functions(blank(text)):
        length = last - first + 1
        if length > limit:
            yield Finding(
                path, first, "function", f"a function of {length} lines, at most {limit}", length
            )


def check_columns(path: str, text: str) -> Iterator[Finding]:
    # Raw strings keep their own layout; links, includes and Python's string literals (no formatter
    # breaks them) stay whole.
    raw = r'R"(\w*)\(.*?\)\1"'
    if path.endswith((".py", ".pyi")):
        raw = r'"(?:\\.|[^"\\\n])*"'
    lines = re.sub(raw, lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S).split("\n")
    wide = [
        number
        for number, line in enumerate(lines, 1)
        if len(line) > COLUMNS and "://" not in line and not line.lstrip().startswith("#include")
    ]
    if wide:
        shown = ", ".join(map(str, wide[:5])) + (", ..." if len(wide) > 5 else "")
        yield Finding(
            path,
            wide[0],
            "columns",
            f"{len(wide)} lines wider than {COLUMNS} columns ({shown}): ./dev fmt",
            len(wide),
        )


def check_text(path: str, text: str, soft: bool = False) -> List[Finding]:
    """Everything one file can be asked alone."""
    found: List[Finding] = []
    stem, extension = os.path.splitext(os.path.basename(path))
    is_tidy = path in ("tools/tidy.py", "tools/tidy_test.py")
    if extension in (".h", ".cc"):
        found += check_stairs(path, text)
        found += check_bans(path, text)
        found += check_sizes(path, text, soft)
        if extension == ".h":
            found += check_header(path, text)
    if extension in (".h", ".cc", ".py", ".pyi"):
        found += check_columns(path, text)
        if BAD_FILE.search(stem):
            found.append(Finding(path, 1, "name", f"{stem}: name the noun of the file"))
        if not is_tidy:
            found += [
                Finding(
                    path, line_of(text, m.start()), "ban", f"{m.group(0)}: do it, or open an issue"
                )
                for m in MARKERS.finditer(text)
            ]
    if not is_tidy:
        found += [
            Finding(
                path,
                line_of(text, m.start()),
                "machine",
                f"{m.group(0)}: a path of somebody's machine",
            )
            for m in MACHINE_PATH.finditer(text)
        ]
    return found


def check_rooms(files: Dict[str, str]) -> Iterator[Finding]:
    """Every room with sources has a README of at most 40 lines."""
    for room in sorted({room_of(path) for path in files if path.endswith(".cc") and room_of(path)}):
        readme = f"src/{room}/README.md"
        if readme not in files:
            yield Finding(
                readme,
                1,
                "readme",
                "missing: why the room exists, what belongs here, what does not, start reading at",
                1,
            )
        elif files[readme].count("\n") > README_LINES:
            yield Finding(readme, 1, "readme", f"more than {README_LINES} lines")


# --- The debt ------------------------------------------------------------------------------------


def parse_debt(text: str) -> Dict[Tuple[str, str], int]:
    """Lines `check path amount`; # starts a comment, the path * stands for every file."""
    debt = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if len(words) == 3:
            debt[(words[0], words[1])] = int(words[2])
    return debt


def worst(findings: List[Finding]) -> Dict[Tuple[str, str], int]:
    amounts: Dict[Tuple[str, str], int] = {}
    for f in findings:
        for path in (f.path, "*"):
            amounts[(f.check, path)] = max(amounts.get((f.check, path), 0), f.amount)
    return amounts


def beyond_debt(findings: List[Finding], debt: Dict[Tuple[str, str], int]) -> List[Finding]:
    def allowed(f: Finding) -> int:
        return max(debt.get((f.check, f.path), 0), debt.get((f.check, "*"), 0))

    return [f for f in findings if f.amount == 0 or f.amount > allowed(f)]


def check_growth(
    debt: Dict[Tuple[str, str], int], before: Dict[Tuple[str, str], int]
) -> Iterator[Finding]:
    for (check, path), amount in sorted(debt.items()):
        if amount > before.get((check, path), 0):
            yield Finding(
                DEBT_FILE, 1, "debt", f"{check} {path} {amount}: the debt may only shrink"
            )


def shrunk(text: str, amounts: Dict[Tuple[str, str], int]) -> str:
    kept = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if len(words) == 3:
            amount = min(int(words[2]), amounts.get((words[0], words[1]), 0))
            line = f"{words[0]} {words[1]} {amount}"
            if amount == 0:
                continue
        kept.append(line)
    return "\n".join(kept) + "\n"


# --- The run -------------------------------------------------------------------------------------

TEXT = (
    ".h",
    ".cc",
    ".py",
    ".pyi",
    ".md",
    ".cmake",
    ".txt",
    ".json",
    ".toml",
    ".sh",
    ".yml",
    ".in",
    "",
)
SKIP_FOLDERS = {"build", ".git", ".venv", ".deps", "dist", "__pycache__", ".cache"}


def git(root: str, *arguments: str) -> Optional[str]:
    try:
        done = subprocess.run(
            ["git", "-C", root, *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def list_files(root: str) -> List[str]:
    listed = git(root, "ls-files", "-co", "--exclude-standard")
    if listed is not None:
        return sorted(set(listed.splitlines()))
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIP_FOLDERS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def read_files(root: str) -> Dict[str, str]:
    files = {}
    for path in list_files(root):
        full = os.path.join(root, path)
        if os.path.splitext(path)[1] not in TEXT or path.startswith("tools/requirements/"):
            continue
        if not os.path.isfile(full) or os.path.getsize(full) > 1 << 20:
            continue
        with open(full, encoding="utf-8", errors="replace") as file:
            files[path] = file.read()
    return files


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Checks the house rules; see the top of tools/tidy.py."
    )
    parser.add_argument(
        "--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    )
    parser.add_argument("--shrink", action="store_true", help="lower the debt to what the tree has")
    parser.add_argument(
        "--soft", action="store_true", help="also list what is past a soft size; does not fail"
    )
    options = parser.parse_args()

    files = read_files(options.root)
    findings = [f for path, text in sorted(files.items()) for f in check_text(path, text)]
    findings += check_rooms(files)
    debt_text = files.get(DEBT_FILE, "")
    debt = parse_debt(debt_text)
    amounts = worst([f for f in findings if f.amount])
    if options.shrink:
        with open(os.path.join(options.root, DEBT_FILE), "w", encoding="utf-8") as file:
            file.write(shrunk(debt_text, amounts))
        return 0

    findings = beyond_debt(findings, debt)
    before = git(options.root, "show", f"HEAD:{DEBT_FILE}")
    if before is not None:
        findings += check_growth(debt, parse_debt(before))
    if options.soft:
        for path, text in sorted(files.items()):
            if path.endswith((".h", ".cc")):
                for finding in check_sizes(path, text, soft=True):
                    print(f"soft: {finding}")
    for finding in findings:
        print(finding)
    paid = sum(amount > amounts.get(key, 0) for key, amount in debt.items())
    if paid:
        print(f"tidy: {paid} debts became smaller; write it down with tools/tidy.py --shrink")
    print(f"tidy: {len(files)} files, {len(findings)} findings, {len(debt)} debts")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
