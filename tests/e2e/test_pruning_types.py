"""Pruned scans over columns of every type, as data and as partitions: the rows that a native DuckDB
table gives which looks at every one."""

from __future__ import annotations

import random

import duckdb
import pytest
from test_differential import bag

import lakehold as lh

# A type to what its columns hold and conditions ask for, in SQL; ascending where there is an order.
VALUES: dict[str, list[str]] = {
    "BOOLEAN": ["false", "true"],
    "TINYINT": ["-128", "-1", "0", "3", "127"],
    "SMALLINT": ["-32768", "-129", "0", "128", "32767"],
    "INTEGER": ["-2147483648", "-5", "0", "70000", "2147483647"],
    "BIGINT": ["-9223372036854775808", "-9007199254740993", "0", "9007199254740993", "9223372036854775807"],
    "FLOAT": ["'-inf'::FLOAT", "-3.4e38::FLOAT", "-0.0::FLOAT", "0.0::FLOAT", "0.1::FLOAT", "16777216::FLOAT", "'inf'::FLOAT", "'nan'::FLOAT"],
    "DOUBLE": ["'-inf'::DOUBLE", "-1e300", "-0.0::DOUBLE", "0.0::DOUBLE", "5e-324", "0.1::DOUBLE", "9007199254740993::DOUBLE", "'inf'::DOUBLE", "'nan'::DOUBLE"],
    "DECIMAL(4,2)": ["-99.99", "-0.01", "0.00", "12.50", "99.99"],
    "DECIMAL(18,6)": ["-999999999999.999999", "-0.000001", "0.100000", "123456789012.345678"],
    "DECIMAL(38,10)": ["-9999999999999999999999999999.9999999999", "-0.0000000001", "0.1", "12345678901234567890.1234567891", "9999999999999999999999999999.9999999999"],
    "VARCHAR": ["' '", "'A'", "'a'", "'aa'", "'ab%_'", "'" + "x" * 40 + "a'", "'" + "x" * 40 + "b'", "'é'", "'ÿÿ'", "'日本'", "'😀'"],
    "BLOB": ["'\\x00'::BLOB", "'a'::BLOB", "'a\\x00'::BLOB", "'\\x7F'::BLOB", "'\\xC3\\xA9'::BLOB"],
    "DATE": ["DATE '0001-01-01'", "DATE '1582-10-10'", "DATE '1969-12-31'", "DATE '2026-02-28'", "DATE '9999-12-31'"],
    "TIMESTAMP": ["TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '1969-12-31 23:59:59.999999'", "TIMESTAMP '2026-01-01 00:00:00.000001'", "TIMESTAMP '2026-01-01 00:00:00.0015'", "TIMESTAMP '9999-12-31 23:59:59.999999'"],
    "TIMESTAMPTZ": ["TIMESTAMPTZ '0001-01-01 00:00:00Z'", "TIMESTAMPTZ '1969-12-31 23:59:59.999999Z'", "TIMESTAMPTZ '2026-01-01 00:00:00.000001Z'", "TIMESTAMPTZ '2026-01-01 00:00:00.0015Z'", "TIMESTAMPTZ '9999-12-31 23:59:59.999999Z'"],
}  # fmt: skip
OPS = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"}
DECIMALS = {"DECIMAL(4,2)", "DECIMAL(18,6)", "DECIMAL(38,10)"}
PREFIXES = ["", "a", "x" * 33, "x" * 40, "é", "ÿ", "日", "😀", "ab\\%"]


def leaf(rng: random.Random, column: str, type_: str) -> str:
    def value() -> str:
        return "NULL" if rng.random() < 0.08 else rng.choice(VALUES[type_])

    op = rng.choice(OPS)
    choices = [
        f"{column} {op} {value()}",
        f"{column} {op} {value()}",
        f"{value()} {op} {column}",
        f"{column} {rng.choice(['', 'NOT '])}IN ({', '.join(value() for _ in range(rng.randint(1, 4)))})",
        f"{column} {rng.choice(['', 'NOT '])}BETWEEN {value()} AND {value()}",
        f"{column} IS {rng.choice(['', 'NOT '])}NULL",
        f"coalesce({column}, {rng.choice(VALUES[type_])}) {op} {value()}",
    ]
    if type_ in NUMBERS | DECIMALS:
        wide = rng.choice(["DOUBLE", "VARCHAR"])
        choices.append(f"{column}::{wide} {op} ({value()})::{wide}")
        choices.append(f"TRY_CAST({column} AS FLOAT) {op} TRY_CAST({value()} AS FLOAT)")
    if type_ in NUMBERS - {"FLOAT", "DOUBLE"}:
        wide = rng.choice(["BIGINT", "HUGEINT", "DECIMAL(38,3)"])
        choices += [
            f"{column}::{wide} {op} {rng.choice(['40000', '-129', '0.5', '3.0', '9007199254740993'])}"
        ]
    if type_ in {"TIMESTAMP", "TIMESTAMPTZ"}:
        choices.append(f"{column}::DATE {op} {rng.choice(VALUES['DATE'][1:4])}")
    if type_ == "DATE":
        choices.append(f"{column}::TIMESTAMP {op} {rng.choice(VALUES['TIMESTAMP'])}")
    if type_ == "VARCHAR":
        prefix = rng.choice(PREFIXES)
        choices += [
            f"{column} {rng.choice(['', 'NOT '])}LIKE '{prefix}%'"
            + (" ESCAPE '\\'" if "\\" in prefix else "")
        ] * 2
        choices.append(f"starts_with({column}, '{rng.choice(PREFIXES[:-1])}')")
    if type_ == "BOOLEAN":
        choices += [
            column,
            f"{column} IS {rng.choice(['', 'NOT '])}{rng.choice(['TRUE', 'FALSE'])}",
        ]
    return rng.choice(choices)


def condition(rng: random.Random, columns: dict[str, str], depth: int = 2) -> str:
    if depth == 0 or rng.random() < 0.3:
        column = rng.choice([*columns])
        return f"({leaf(rng, column, columns[column])})"
    left = condition(rng, columns, depth - 1)
    if rng.random() < 0.25:
        return rng.choice([f"(NOT {left})", f"({left} IS NOT TRUE)", f"({left} IS NULL)"])
    return f"({left} {rng.choice(['AND', 'OR'])} {condition(rng, columns, depth - 1)})"


def window(rng: random.Random, type_: str) -> list[str]:
    """Few neighbouring values, so that files differ in their bounds; sometimes one, or none."""
    values = VALUES[type_]
    first = rng.randrange(len(values))
    some = values[first : first + rng.choice([1, 1, 2, 3])]
    return rng.choice([some, some, [*some, "NULL"], ["NULL"]])


class Tables:
    """The same rows in a lake and in a native table that skips nothing."""

    def __init__(self, path: str, columns: dict[str, str], by: list[str]) -> None:
        self.columns, self.by = columns, by
        self.lake = lh.connect(path, durability="none")
        self.native = duckdb.connect()
        for one in (self.lake.sql, self.native.execute):
            one("SET TimeZone = 'UTC'")
        self.native.execute(
            "SET disabled_optimizers = 'filter_pushdown, statistics_propagation, join_filter_pushdown'"
        )
        spelled = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        clause = f" PARTITIONED BY ({', '.join(by)})" if by else ""
        self.lake.sql(
            f"CREATE TABLE t (id INTEGER, {spelled}, st STRUCT(i STRUCT(n INTEGER, s VARCHAR), d DECIMAL(18,6))){clause}"
        )
        self.native.execute(
            f"CREATE TABLE t (id INTEGER, {spelled}, st STRUCT(i STRUCT(n INTEGER, s VARCHAR), d DECIMAL(18,6)))"
        )
        self.next = 0

    def append(self, rng: random.Random, count: int) -> None:
        windows = {name: window(rng, type_) for name, type_ in self.columns.items()}
        inner = {type_: window(rng, type_) for type_ in ("INTEGER", "VARCHAR", "DECIMAL(18,6)")}
        rows = []
        for _ in range(count):
            values = [rng.choice(windows[name]) for name in self.columns]
            n, s, d = (rng.choice(inner[type_]) for type_ in inner)
            nested = (
                f"{{'i': {rng.choice(['NULL', *[f'''{{'n': {n}, 's': {s}}}'''] * 5])}, 'd': {d}}}"
            )
            rows.append(
                f"({self.next}, {', '.join(values)}, {rng.choice(['NULL', *[nested] * 6])})"
            )
            self.next += 1
        for one in (self.lake.sql, self.native.execute):
            one(f"INSERT INTO t VALUES {', '.join(rows)}")

    def agree(self, where: str) -> int:
        """Compares, and gives the number of files skipped."""
        result = self.lake.table("t").scan(where=where)
        left = bag(result.to_arrow())
        right = bag(self.native.execute(f"SELECT * FROM t WHERE {where}").to_arrow_table())
        assert left == right, (
            f"{where}\nonly ours: {list((left - right).items())[:3]}\nmissing: {list((right - left).items())[:3]}"
        )
        counted = self.lake.sql(f"SELECT count(*) FROM t WHERE {where}").fetchall()[0][0]
        assert counted == right.total(), where
        (scan,) = result.explain().scans
        return int(scan.files - scan.files_read)


NESTED = {"st.i.n": "INTEGER", "st.i.s": "VARCHAR", "st.d": "DECIMAL(18,6)"}


@pytest.mark.parametrize("seed", range(4))
def test_conditions_on_columns_of_every_type(lake_path: str, seed: int) -> None:
    rng = random.Random(seed)
    columns = {f"c{number}": type_ for number, type_ in enumerate(VALUES)}
    tables = Tables(lake_path, columns, [])
    for _ in range(10):
        tables.append(rng, rng.choice([1, 4, 12]))
    asked = columns | NESTED
    skipped = sum(tables.agree(condition(rng, asked)) for _ in range(90))
    # Each type by itself too, that none is only ever asked for beside others.
    skipped_alone = {
        column: sum(tables.agree(leaf(rng, column, type_)) for _ in range(12))
        for column, type_ in asked.items()
    }
    assert skipped > 0
    blind = {column for column, count in skipped_alone.items() if count == 0}
    assert all(asked[column] == "BLOB" for column in blind), blind
    tables.lake.table("t").checkpoint()
    tables.lake = lh.connect(lake_path)
    assert sum(tables.agree(condition(rng, asked)) for _ in range(20)) > 0


@pytest.mark.parametrize("type_", VALUES)
def test_conditions_on_a_partition_column_of_every_type(lake_path: str, type_: str) -> None:
    rng = random.Random(type_)
    columns = {"by_value": type_, "k": "INTEGER", "s": "VARCHAR"}
    tables = Tables(lake_path, columns, ["by_value"])
    for _ in range(5):
        tables.append(rng, 6)
    skipped = sum(tables.agree(leaf(rng, "by_value", type_)) for _ in range(30))
    skipped += sum(tables.agree(condition(rng, columns | NESTED)) for _ in range(15))
    assert skipped > 0
