"""deltalake as a reader under test.

lakehold conformance DIR --reader "python examples/conformance/deltalake_reader.py"
"""

import sys

import deltalake
import pyarrow.parquet as pq

table, out, *version = sys.argv[1:]
try:
    delta = deltalake.DeltaTable(table, version=int(version[0]) if version else None)
    print("files", len(delta.file_uris()))
    pq.write_table(delta.to_pyarrow_table(), out)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
