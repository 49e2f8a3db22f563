"""P7: 10M rows to a table, statistics and commit included, against DuckDB COPY with the same codec,
and deltalake."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from harness import Rounds, arguments, fresh_folder, machine, versions

# Each contender runs in a process of its own, so that peak memory is its own.
SETUP = """
import sys, time, resource, json
source, target = sys.argv[1], sys.argv[2]
def done(started):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([time.perf_counter() - started, peak]))
"""
CONTENDERS = {
    "lakehold none": SETUP
    + """
import lakehold as lh
lake = lh.connect(target, durability="none")
started = time.perf_counter()
lake.sql(f"CREATE TABLE t AS SELECT * FROM read_parquet('{source}')")
done(started)
assert lake.table("t").count() == 10_000_000
""",
    "lakehold full": SETUP
    + """
import lakehold as lh
lake = lh.connect(target)
started = time.perf_counter()
lake.sql(f"CREATE TABLE t AS SELECT * FROM read_parquet('{source}')")
done(started)
""",
    "duckdb COPY zstd": SETUP
    + """
import duckdb
connection = duckdb.connect()
started = time.perf_counter()
connection.execute(f"COPY (SELECT * FROM read_parquet('{source}')) TO '{target}' "
                   "(FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES '128MB')")
done(started)
""",
    "deltalake": SETUP
    + """
import deltalake, pyarrow.parquet as pq, pyarrow as pa
file = pq.ParquetFile(source)
started = time.perf_counter()
reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(122_880))
zstd = deltalake.WriterProperties(compression="ZSTD")
deltalake.write_deltalake(target, reader, writer_properties=zstd)
done(started)
""",
}

SOURCE = """
COPY (SELECT i AS id, (i * 7919) % 1000003 AS part, random() * 1000 AS amount,
  'name_' || (hash(i) % 200000) AS name, DATE '2020-01-01' + (i % 2000)::INT AS day,
  TIMESTAMPTZ '2020-01-01' + INTERVAL (i) SECOND AS at, (i % 50)::INT AS k
  FROM range(10000000) r(i)) TO '{path}' (FORMAT parquet, COMPRESSION snappy)
"""


def run(code: str, source: str, folder: str | None) -> tuple[float, int, int]:
    with fresh_folder(folder) as path:
        target = f"{path}/out"
        out = subprocess.run(
            [sys.executable, "-c", code, source, target], capture_output=True, text=True, check=True
        )
        seconds, peak = json.loads(out.stdout.strip().splitlines()[-1])
        size = sum(
            file.stat().st_size for file in pathlib.Path(target).rglob("*") if file.is_file()
        )
        return seconds, peak, size


def main() -> None:
    options = arguments(__doc__ or "", rounds=5)
    import duckdb

    print(
        f"{machine()}\n{versions('lakehold', 'duckdb', 'deltalake', 'pyarrow')}; 10M rows, 7 columns\n"
    )
    peaks: dict[str, int] = {}
    sizes: dict[str, int] = {}
    with fresh_folder(options.folder) as scratch:
        source = os.path.join(scratch, "source.parquet")
        duckdb.sql(SOURCE.format(path=source))

        def contender(name: str, code: str):
            def work() -> float:
                seconds, peak, size = run(code, source, options.folder)
                peaks[name] = max(peaks.get(name, 0), peak)
                sizes[name] = size
                return seconds

            return work

        rounds = Rounds("P7: 10M rows x 7 columns to a table")
        rounds.run(
            options.rounds, {name: contender(name, code) for name, code in CONTENDERS.items()}
        )
    print(rounds.table("lakehold none", "s"))
    print("| contender | peak RSS, MB | written, MB |\n|---|---:|---:|")
    for name in CONTENDERS:
        print(f"| {name} | {peaks[name] / 1000:.0f} | {sizes[name] / 1e6:.0f} |")
    print()


if __name__ == "__main__":
    main()
