"""`python -m lakehold` and the `lakehold` command: the native program the wheel carries."""

from __future__ import annotations

import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "bin" / "lakehold"
    os.execv(program, ["lakehold", *sys.argv[1:]])


if __name__ == "__main__":
    main()
