"""fsck names what is damaged: every kind of damage planted, its line looked for; and whatever is
sound, foreign or ours, is called sound."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import corpus_folder

import lakehold as lh

CLI = os.environ.get("LAKEHOLD_BIN", "lakehold")
CORPUS = corpus_folder()


def fsck(table: object, *flags: str) -> tuple[int, list[dict]]:
    done = subprocess.run(
        [CLI, "fsck", str(table), "-f", "json", *flags], capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, 9), done.stderr
    return done.returncode, json.loads(done.stdout or "[]")


def says(table: object, object_: str, words: str, *flags: str) -> None:
    code, findings = fsck(table, *flags)
    hits = [f for f in findings if object_ in f["object"] and words in f["finding"]]
    assert hits and code == 9, (words, findings)
    health = lh.open(str(table)).health(deep="--deep" in flags, statistics="--statistics" in flags)
    assert any(object_ in name for name in health["damaged"]), health


def readable_tables() -> list[str]:
    if CORPUS is None:
        return []
    with (CORPUS / "expected.tsv").open() as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [row["name"] for row in rows if row["expect"] == "read"]


# Tables whose own writers left what is not true.
NOT_SOUND = {
    "kernel-rs.crc-full": "says 10 files of 5259 bytes, the log 0 files",
    "delta-rs.cdc_ict_table": "says 1783874206883 as in-commit timestamp, the log 1683874206883",
    # The table has another id, and a column that only the checkpoint knows.
    "kernel-rs.parquet_row_group_skipping": "differs from the commits: holds another metaData",
    # The files have no such column, only the statistics do.
    "kernel-rs.parsed-stats": "column ts_col: 100 values are NULL, its statistics say 0",
}


@pytest.mark.parametrize("name", readable_tables())
def test_foreign_tables_are_sound_to_the_last_statistic(name: str) -> None:
    code, findings = fsck(CORPUS / "tables" / name, "--deep", "--statistics")
    damage = [f for f in findings if f["severity"] == "damage"]
    if name in NOT_SOUND:
        assert damage and all(NOT_SOUND[name] in f["finding"] for f in damage), findings
        return
    assert code == 0 and not damage, findings


COLUMNS = (
    "id BIGINT, s VARCHAR, d DOUBLE, f FLOAT, p DECIMAL(20,4), day DATE, ts TIMESTAMPTZ, n TIMESTAMP, flag BOOLEAN, "
    "b BLOB, st STRUCT(a INTEGER, i STRUCT(w VARCHAR)), l INTEGER[], k VARCHAR"
)


@pytest.fixture
def table(lake_path: str) -> pathlib.Path:
    lake = lh.connect(lake_path, durability="none")
    lake.sql(f"CREATE TABLE t ({COLUMNS}) PARTITIONED BY (k)")
    for n in range(3):
        lake.sql(f"""INSERT INTO t SELECT {n} * 10 + i, repeat('é', 20 + i) || i,
          CASE WHEN i = 4 THEN 'nan' ELSE i / 3 END,
          CASE WHEN i = 2 THEN NULL ELSE i * 1.5 END, {n} + i / 7, DATE '2020-02-27' + i::INTEGER,
          TIMESTAMPTZ '2020-01-01 00:00:00.000999Z' + INTERVAL (i) MICROSECOND,
          TIMESTAMP '1969-12-31 23:59:59.999999', i = 3, chr(65 + i::INTEGER)::BLOB,
          CASE WHEN i = 1 THEN NULL ELSE {{'a': i, 'i': {{'w': 'x' || i}}}} END,
          [i], CASE {n} WHEN 0 THEN 'o''dd/ x%é' WHEN 1 THEN NULL ELSE 'b' END
          FROM range(6) r(i)""")
    lake.table("t").checkpoint()
    lake.sql("INSERT INTO t (id) VALUES (100)")
    return pathlib.Path(lake_path) / "t"


def commit(table: pathlib.Path, version: int) -> pathlib.Path:
    return table / "_delta_log" / f"{version:020}.json"


def change_stats(table: pathlib.Path, version: int, change) -> str:
    """Rewrites the statistics of a commit's one file; the checkpoint that has them too goes."""
    for checkpoint in (table / "_delta_log").glob("*checkpoint*"):
        checkpoint.unlink()
    lines = [json.loads(line) for line in commit(table, version).read_text().splitlines()]
    (add,) = (line["add"] for line in lines if "add" in line)
    stats = json.loads(add["stats"])
    change(stats)
    add["stats"] = json.dumps(stats)
    commit(table, version).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return add["path"]


def test_our_own_tables_are_sound(table: pathlib.Path) -> None:
    code, findings = fsck(table, "--deep", "--statistics")
    assert (code, findings) == (0, [])
    health = lh.open(str(table)).health(deep=True, statistics=True)
    assert health["healthy"] and health["damaged"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(numRecords=7), "has 6 rows that are not deleted, its statistics say 7"),
        (lambda s: s["minValues"].update(id=11), "column id: 1 of 6 values are below the min 11"),
        (lambda s: s["maxValues"].update(id=13), "column id: 2 of 6 values are above the max 13"),
        (lambda s: s["minValues"].update(s="ê"), "column s: 6 of 6 values are below the min"),
        (lambda s: s["maxValues"].update(s="é"), "column s: 6 of 6 values are above the max"),
        (lambda s: s["maxValues"].update(d=5.0), "column d: 1 of 6 values are above the max 5.0"),
        (lambda s: s["minValues"].update(f=0.1), "column f: 1 of 5 values are below the min"),
        (lambda s: s["maxValues"].update(p=1.5), "column p: "),
        (lambda s: s["minValues"].update(day="2020-02-29"), "column day: 2 of 6 values are below"),
        (lambda s: s["minValues"].update(ts="2020-01-01T00:00:00.001Z"), "column ts: 1 of 6 values are below"),
        (lambda s: s["maxValues"].update(n="1969-12-31T23:59:59.998"), "column n: 6 of 6 values are above"),
        (lambda s: s["maxValues"].update(flag=False), "column flag: 1 of 6 values are above"),
        (lambda s: s["maxValues"]["st"].update(a=4), "column st.a: 1 of 5 values are above the max 4"),
        (lambda s: s["minValues"]["st"]["i"].update(w="x1"), "column st.i.w: 1 of 5 values are below"),
        (lambda s: s["nullCount"].update(id=1), "column id: 0 values are NULL, its statistics say 1"),
        (lambda s: s["nullCount"].update(id=7), "column id: 0 values are NULL, its statistics say 7"),
        (lambda s: s["nullCount"]["st"].update(a=0), "column st.a: 1 values are NULL, its statistics say 0"),
    ],
)  # fmt: skip
def test_each_wrong_statistic_is_told_with_file_and_column(
    table: pathlib.Path, change, words: str
) -> None:
    path = change_stats(table, 2, change)
    says(table, path.rsplit("/", 1)[1], words, "--statistics")
    says(table, path.rsplit("/", 1)[1], "write them anew", "--statistics")
    assert fsck(table)[0] == 0  # Only who reads the rows can know.


def test_statistics_that_only_bound_are_sound(table: pathlib.Path) -> None:
    def widen(stats: dict) -> None:
        stats["minValues"].update(id=-5, s="a", day="1999-01-01")
        stats["maxValues"].update(id=500, s="êa", d=None)
        del stats["nullCount"]["id"]
        stats["tightBounds"] = False

    change_stats(table, 1, widen)
    assert fsck(table, "--statistics") == (0, [])


def test_damaged_data_files_are_told(table: pathlib.Path) -> None:
    files = sorted(table.glob("**/part-*.parquet"))
    size = files[0].stat().st_size
    files[0].write_bytes(files[0].read_bytes()[:-1] + b"X")
    files[1].unlink()
    with files[2].open("ab") as file:
        file.write(b"more")
    says(table, files[1].name, "is missing; restore the file from a backup")
    says(table, files[2].name, "bytes, the log says")
    says(table, files[0].name, "begin and end as a Parquet file", "--deep")
    says(table, files[0].name, "begin and end as a Parquet file", "--deep", "--statistics")
    assert files[0].stat().st_size == size


def test_rows_that_the_footer_does_not_have_are_told(table: pathlib.Path) -> None:
    path = change_stats(table, 2, lambda stats: stats.update(numRecords=5))
    says(table, path.rsplit("/", 1)[1], "has 6 rows, the log says 5", "--deep")


def crc_of(table: pathlib.Path, **changes) -> pathlib.Path:
    """A checksum of the newest version with every field there is, true but for `changes`."""
    adds, state = {}, {}
    for version in range(5):
        for line in commit(table, version).read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                adds[action["add"]["path"]] = action["add"]
            state |= {key: action[key] for key in ("metaData", "protocol") if key in action}
    sizes = [add["size"] for add in adds.values()]
    crc = {
        "txnId": "x", "tableSizeBytes": sum(sizes), "numFiles": len(sizes), "numMetadata": 1, "numProtocol": 1,
        "numDeletedRecordsOpt": 0, "numDeletionVectorsOpt": 0, "setTransactions": [], "domainMetadata": [],
        "metadata": state["metaData"], "protocol": state["protocol"],
        "fileSizeHistogram": {"sortedBinBoundaries": [0, 1000000], "fileCounts": [len(sizes), 0], "totalBytes": [sum(sizes), 0]},
        "deletedRecordCountsHistogramOpt": {"deletedRecordCounts": [len(sizes)] + [0] * 9},
        "allFiles": list(adds.values()),
    }  # fmt: skip
    file = table / "_delta_log" / f"{4:020}.crc"
    file.write_text(json.dumps(crc | changes))
    return file


def test_a_true_checksum_is_sound_and_each_untrue_field_is_told(table: pathlib.Path) -> None:
    file = crc_of(table)
    assert fsck(table) == (0, [])
    true = json.loads(file.read_text())
    untrue = [
        ({"numFiles": 3}, "says 3 files of"),
        ({"tableSizeBytes": 1}, "files of 1 bytes, the log 4 files of"),
        ({"numDeletedRecordsOpt": 2}, "says 2 deleted rows, the log 0"),
        ({"numDeletionVectorsOpt": 1}, "says 1 deletion vectors, the log 0"),
        ({"setTransactions": [{"appId": "a", "version": 1}]}, 'names the transaction of "a"'),
        ({"domainMetadata": [{"domain": "d", "configuration": "", "removed": False}]}, 'names the domain "d"'),
        ({"metadata": true["metadata"] | {"id": "another"}}, "holds another metaData"),
        ({"protocol": {"minReaderVersion": 1, "minWriterVersion": 1}}, "holds another protocol"),
        ({"fileSizeHistogram": true["fileSizeHistogram"] | {"fileCounts": [0, 4]}}, "counts 0 files of"),
        ({"deletedRecordCountsHistogramOpt": {"deletedRecordCounts": [3, 1] + [0] * 8}}, "counts deleted rows by file otherwise"),
        ({"allFiles": true["allFiles"][1:]}, "its list of files lacks 1 file"),
    ]  # fmt: skip
    for changes, words in untrue:
        crc_of(table, **changes)
        says(table, ".crc", words)
        assert lh.open(str(table)).count() == 19  # Nobody's answer depends on it.


def test_a_checkpoint_that_formats_the_schema_otherwise_is_sound(table: pathlib.Path) -> None:
    (file,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    rows = pq.read_table(file)

    def rewrite(change) -> None:
        pylist = rows.to_pylist()
        for row in pylist:
            if row["metaData"]:
                schema = json.loads(row["metaData"]["schemaString"])
                change(schema["fields"][0])
                text = json.dumps(schema, indent=1, sort_keys=True)
                row["metaData"]["schemaString"] = text
        pq.write_table(pa.Table.from_pylist(pylist, rows.schema), file)

    rewrite(lambda field: None)
    assert fsck(table) == (0, [])
    rewrite(lambda field: field.update(nullable=False))
    says(table, ".checkpoint.parquet", "holds another metaData")


def test_a_checkpoint_with_another_state_is_told(table: pathlib.Path) -> None:
    (file,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    rows = pq.read_table(file)
    pq.write_table(pa.Table.from_pylist(rows.to_pylist()[:-1], rows.schema), file)
    says(table, ".checkpoint.parquet", "differs from the commits")
    pylist = rows.to_pylist()
    for row in pylist:
        if row["metaData"]:
            row["metaData"]["id"] = "another"
    pq.write_table(pa.Table.from_pylist(pylist, rows.schema), file)
    says(table, ".checkpoint.parquet", "holds another metaData")
    says(table, ".checkpoint.parquet", "remove it, then write one by lakehold checkpoint")


@pytest.mark.skipif(CORPUS is None, reason="no corpus of foreign tables")
def test_sidecars_and_deletion_vectors_are_told(tmp_path: pathlib.Path) -> None:
    v2 = tmp_path / "v2"
    shutil.copytree(CORPUS / "tables" / "kernel-rs.v2-checkpoints-json-with-sidecars", v2)
    sidecars = sorted((v2 / "_delta_log" / "_sidecars").glob("*.parquet"))
    with sidecars[0].open("ab") as file:
        file.write(b"x")
    says(v2, sidecars[0].name, "bytes, its checkpoint")
    sidecars[0].unlink()
    says(v2, ".checkpoint.", sidecars[0].name)
    vectors = tmp_path / "vectors"
    shutil.copytree(CORPUS / "tables" / "kernel-rs.table-with-dv-small", vectors)
    (vector,) = vectors.glob("deletion_vector_*.bin")
    whole = vector.read_bytes()
    for at in range(1, len(whole)):
        vector.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        code, findings = fsck(vectors)
        assert code == 9 and "its deletion vector" in findings[0]["finding"], (at, findings)
