"""RatifiedCommits: what the catalog of a catalog-managed table says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ._errors import InvalidError


class RatifiedCommits(NamedTuple):
    """The newest version a catalog has ratified, and the commits it holds that may not be published
    yet: by version the name of a file in `_delta_log/_staged_commits`, or the commit's own text as
    bytes.

        lh.open(path, ratified=lh.RatifiedCommits(2, {2: "00000000000000000002.<uuid>.json"}))
    """

    version: int
    staged: Mapping[int, str | bytes] = {}

    def _native(self) -> tuple[int, list[tuple[int, str, bytes]]]:
        commits: list[tuple[int, str, bytes]] = []
        for version, commit in sorted(self.staged.items()):
            if isinstance(commit, str):
                commits.append((version, commit, b""))
            elif isinstance(commit, bytes):
                commits.append((version, "", commit))
            else:
                raise InvalidError(
                    f"the commit of version {version} is a {type(commit).__name__}",
                    reason="python.ratified",
                    hint="give the name of its file as str, or its text as bytes",
                )
        return self.version, commits
