#!/usr/bin/env python3
"""lock_requirements: tools/requirements/NAME.in -> NAME.txt with exact versions and SHA-256 hashes.

One wheel a package and Python (3.11 to 3.13, Linux x86-64), as pip resolves it on 3.11.
Needs pip and the index.
"""

import json
import os
import subprocess
import sys
import tempfile
from typing import Dict, List, Set

PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in (17, 24, 26, 27, 28, 31, 34, 35)]
PLATFORMS += ["manylinux2014_x86_64", "linux_x86_64"]
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requirements")


def resolve(arguments: List[str], python: str) -> List[dict]:
    """What pip would install, as its report tells it; nothing is installed."""
    with tempfile.TemporaryDirectory() as target:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--ignore-installed",
            "--no-compile",
            "--report",
            "-",
            "--python-version",
            python,
            "--implementation",
            "cp",
            "--only-binary",
            ":all:",
            "--target",
            target,
        ]
        for platform in PLATFORMS:
            command += ["--platform", platform]
        done = subprocess.run(command + arguments, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["install"]


def lock(name: str) -> None:
    source = os.path.join(FOLDER, name + ".in")
    versions: Dict[str, str] = {}
    hashes: Dict[str, Set[str]] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        for python in PYTHONS:
            for item in resolve(["-r", source, "-c", constraints.name], python):
                project = item["metadata"]["name"].lower().replace("_", "-")
                versions[project] = item["metadata"]["version"]
                hashes.setdefault(project, set()).add(
                    item["download_info"]["archive_info"]["hashes"]["sha256"]
                )
            constraints.seek(0)
            constraints.truncate()
            constraints.write(
                "".join(f"{project}=={version}\n" for project, version in versions.items())
            )
            constraints.flush()
    with open(os.path.join(FOLDER, name + ".txt"), "w", encoding="utf-8") as file:
        file.write(f"# Made from {name}.in by ./dev lock.\n")
        for project in sorted(versions):
            lines = [f"{project}=={versions[project]}"] + [
                f"    --hash=sha256:{h}" for h in sorted(hashes[project])
            ]
            file.write(" \\\n".join(lines) + "\n")


if __name__ == "__main__":
    for locked in sys.argv[1:] or ("dev", "bench"):
        lock(locked)
