"""polars as a reader under test.

lakehold conformance DIR --reader "python examples/conformance/polars_reader.py"
"""

import sys

import polars as pl

table, out, *version = sys.argv[1:]
try:
    rows = pl.read_delta(table, version=int(version[0]) if version else None)
    rows.write_parquet(out)
except BaseException as error:  # A panic of polars is no Exception.
    sys.exit(f"{type(error).__name__}: {error}")
