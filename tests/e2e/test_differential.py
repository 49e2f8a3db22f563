"""Random SQL on our tables and the same SQL on native DuckDB tables of equal contents: the same
rows, as multisets."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import math
import random
import struct

import duckdb
import pyarrow as pa
import pytest

import lakehold as lh

SEEDS = range(12)
QUERIES = 25
UTC = dt.timezone.utc
WORDS = [
    "",
    "a",
    "ab",
    "abc",
    "abd",
    "b",
    "ünï",
    "z%",
    "A_",
    "abcabcabcabcabcabcabcabcabcabcabcabcabcabc",
]
NEGATIVE_NAN = struct.unpack("<d", b"\x00" * 6 + b"\xf8\xff")[0]
# Values that whole files hold and conditions ask for, with their spelling in SQL.
HOT = {
    "k": {3: "3", 7: "7"},
    "tiny": {3: "3", -1: "-1"},
    "d": {0.0: "0.0", 1.5: "1.5", math.nan: "'nan'::DOUBLE", NEGATIVE_NAN: "-('nan'::DOUBLE)", math.inf: "'inf'::DOUBLE"},
    "f": {3.0: "3", 0.5: "0.5", 0.0: "0::FLOAT", math.nan: "'nan'::FLOAT"},
    "p": {decimal.Decimal("3.00"): "3", decimal.Decimal("-0.50"): "-0.5"},
    "s": {"a": "'a'", "": "''", "abcabcabcabc": "'abcabcabcabc'"},
    "x": {b"\x00": "'\\x00'::BLOB", b"a": "'a'::BLOB", b"\xff\x00'": "'\\xFF\\x00\\x27'::BLOB", b"": "''::BLOB"},
    "day": {dt.date(2020, 1, 3): "DATE '2020-01-03'", dt.date(2020, 2, 1): "DATE '2020-02-01'"},
    "ts": {dt.datetime(2020, 1, 3, tzinfo=UTC): "TIMESTAMPTZ '2020-01-03 00:00:00Z'"},
    "flag": {True: "true", False: "false"},
    "st.a": {3: "3", 5: "5"},
    "st.b": {"a": "'a'", "b": "'b'"},
    "part": {"north": "'north'", "south": "'south'", "o'dd/ x%": "'o''dd/ x%'"},
}  # fmt: skip
COLUMNS = (
    "id BIGINT, k INTEGER, tiny TINYINT, d DOUBLE, f FLOAT, p DECIMAL(12,2), s VARCHAR, x BLOB, day DATE, "
    "ts TIMESTAMPTZ, flag BOOLEAN, st STRUCT(a INTEGER, b VARCHAR), l INTEGER[], m MAP(VARCHAR, INTEGER), part VARCHAR"
)
SCHEMA = pa.schema(
    [
        ("id", pa.int64()), ("k", pa.int32()), ("tiny", pa.int8()), ("d", pa.float64()), ("f", pa.float32()),
        ("p", pa.decimal128(12, 2)), ("s", pa.string()), ("x", pa.binary()), ("day", pa.date32()),
        ("ts", pa.timestamp("us", "UTC")), ("flag", pa.bool_()),
        ("st", pa.struct([("a", pa.int32()), ("b", pa.string())])), ("l", pa.list_(pa.int32())),
        ("m", pa.map_(pa.string(), pa.int32())), ("part", pa.string()),
    ]
)  # fmt: skip


def random_rows(rng: random.Random, first: int, count: int) -> pa.Table:
    """Values near `first`, so that files differ in their ranges."""

    def maybe(value, nulls: float = 0.15):
        return None if rng.random() < nulls else value

    rows = [
        {
            "id": first + i,
            "k": maybe(first // 10 + rng.randint(-5, 5)),
            "tiny": maybe(rng.randint(-128, 127)),
            "d": maybe(
                rng.choice(
                    [0.0, -0.0, math.nan, math.inf, -math.inf, float(first), rng.uniform(-9, 9)]
                )
            ),
            "f": maybe(rng.choice([0.5, -0.0, math.nan, float(rng.randint(-9, 9))])),
            "p": maybe(decimal.Decimal(first * 10 + rng.randint(-500, 500)).scaleb(-2)),
            "s": maybe(rng.choice(WORDS)),
            "x": maybe(rng.randbytes(rng.randint(0, 3))),
            "day": maybe(dt.date(2020, 1, 1) + dt.timedelta(days=first + rng.randint(0, 20))),
            "ts": maybe(
                dt.datetime(2020, 1, 1, tzinfo=UTC)
                + dt.timedelta(hours=first, microseconds=rng.randint(0, 9999))
            ),
            "flag": maybe(rng.random() < 0.5),
            "st": maybe({"a": maybe(first + rng.randint(0, 9)), "b": maybe(rng.choice(WORDS))}),
            "l": maybe([maybe(rng.randint(0, 3)) for _ in range(rng.randint(0, 3))]),
            "m": maybe(
                [(key, maybe(rng.randint(0, 9))) for key in rng.sample("abc", rng.randint(0, 3))]
            ),
            "part": rng.choice([None, "north", "south", "o'dd/ x%"]),
        }
        for i in range(count)
    ]
    for column in rng.sample([*HOT], rng.randint(0, 4)):
        level(rng, rows, column)
    return pa.Table.from_pylist(rows, SCHEMA)


def level(rng: random.Random, rows: list[dict], column: str) -> None:
    """Makes a column all NULL, all one value, or both: where bounds say the most."""
    value = rng.choice([*HOT[column]])
    zeros = [0.0, -0.0] if value == 0.0 and isinstance(value, float) else [value]
    choices = rng.choice([[None], zeros, [rng.choice(zeros)], [*zeros, None]])
    outer, _, inner = column.partition(".")
    for row in rows:
        if inner:
            row[outer] = {**(row[outer] or {"a": None, "b": None}), inner: rng.choice(choices)}
        else:
            row[outer] = rng.choice(choices)


def canonical(value):
    """Hashable; NaN equals itself and the zeros each other, as in SQL."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, dict):
        return tuple((key, canonical(child)) for key, child in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(canonical(child) for child in value)
    return value


def bag(table: pa.Table) -> collections.Counter:
    columns = [column.to_pylist() for column in table.columns]
    return collections.Counter(tuple(canonical(value) for value in row) for row in zip(*columns))


class Pair:
    """A lake and a native database that get the same statements."""

    def __init__(self, path: str, threads: int) -> None:
        self.ours = lh.connect(path, durability="none")
        self.theirs = duckdb.connect()
        self.theirs.execute("SET TimeZone = 'UTC'")
        for one in (self.ours.sql, self.theirs.execute):
            one(f"SET threads = {threads}")
        # The reference is asked to look at every row: what it skips by bounds, it may skip wrongly.
        self.theirs.execute(
            "SET disabled_optimizers = 'filter_pushdown, statistics_propagation, join_filter_pushdown'"
        )

    def create(self, name: str, by: str) -> None:
        self.ours.sql(
            f"CREATE TABLE {name} ({COLUMNS})" + (f" PARTITIONED BY ({by})" if by else "")
        )
        self.theirs.execute(f"CREATE TABLE {name} ({COLUMNS})")

    def append(self, name: str, rows: pa.Table) -> None:
        self.ours.table(name).append(rows)
        self.theirs.register("incoming", rows)
        self.theirs.execute(f"INSERT INTO {name} SELECT * FROM incoming")
        self.theirs.unregister("incoming")

    def do(self, sql: str) -> None:
        self.ours.sql(sql)
        self.theirs.execute(sql)

    def same(self, sql: str, theirs: str | None = None) -> None:
        mine = self.ours.sql(sql).to_arrow()
        native = self.theirs.execute(theirs or sql).to_arrow_table()
        assert mine.column_names == native.column_names, sql
        left, right = bag(mine), bag(native)
        assert left == right, (
            f"{sql}\nonly ours: {list((left - right).items())[:3]}\nonly theirs: {list((right - left).items())[:3]}"
        )


def about_one_column(rng: random.Random, alias: str) -> str:
    """Several conditions on one column: those that DuckDB's reader merges into one filter."""
    column = rng.choice([*HOT])
    name, values = alias + column, [*HOT[column].values(), "NULL"]

    def leaf() -> str:
        op = rng.choice(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])  # fmt: skip
        value = rng.choice(values)
        return rng.choice(
            [
                f"{name} {op} {value}",
                f"{name} {op} {value}",
                f"{name} {op} {value}",
                f"{value} {op} {name}",
                f"{name} IS {rng.choice(['', 'NOT '])}NULL",
                f"{name} {rng.choice(['', 'NOT '])}IN ({', '.join(rng.choices(values, k=rng.randint(1, 3)))})",
                f"{name} BETWEEN {value} AND {rng.choice(values)}",
            ]
        )

    text = f"({leaf()})"
    for _ in range(rng.randint(0, 3)):
        text = rng.choice(
            [f"({text} OR ({leaf()}))", f"({text} OR ({leaf()}))", f"({text} AND ({leaf()}))", f"(NOT {text})"]
        )  # fmt: skip
    return text


def predicate(rng: random.Random, alias: str = "", depth: int = 2) -> str:
    if rng.random() < 0.3:
        return about_one_column(rng, alias)
    if depth and rng.random() < 0.5:
        left, right = predicate(rng, alias, depth - 1), predicate(rng, alias, depth - 1)
        return rng.choice(
            [
                f"({left} AND {right})",
                f"({left} OR {right})",
                f"(NOT {left})",
                f"({left} IS NOT TRUE)",
            ]
        )
    n, op = (
        rng.randint(-10, 420),
        rng.choice(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]),
    )
    word = rng.choice(WORDS).replace("'", "''")
    day = f"DATE '2020-01-01' + {n}"
    a = alias
    leaf = rng.choice(
        [
            f"{a}id {op} {n}",
            f"{a}k {op} {n // 10}",
            f"{a}k::BIGINT {op} {n // 10}",
            f"{a}k::DOUBLE {op} {n // 10}.5",
            f"{a}k::VARCHAR {op} '{n // 10}'",
            f"{a}tiny::INTEGER {op} {n}",
            f"{a}tiny {op} {rng.randint(-128, 127)}",
            f"{a}d {op} {rng.choice(['0.0', '-0.0', chr(39) + 'nan' + chr(39), chr(39) + 'inf' + chr(39), str(n)])}",
            f"{a}f {op} {rng.choice([0.5, 3, -0.1])}",
            f"{a}f::DOUBLE {op} 0.1",
            f"{a}p {op} {n / 10}",
            f"{a}p::DOUBLE {op} {n / 10}",
            f"{a}p::INTEGER {op} {n // 10}",
            f"{a}s {op} '{word}'",
            f"{a}s LIKE '{rng.choice(['a', 'ab', '', 'z', 'abc_', 'A', 'ü'])}%'",
            f"{a}s NOT LIKE '{rng.choice(['a', 'ab', 'b'])}%'",
            f"{a}s ILIKE 'AB%'",
            f"starts_with({a}s, 'ab')",
            f"length({a}s) > 2",
            f"{a}x {op} '\\x00'::BLOB",
            f"{a}day {op} {day}",
            f"{a}day::TIMESTAMP {op} TIMESTAMP '2020-03-01 12:00:00'",
            f"{a}day BETWEEN {day} AND {day} + 30",
            f"{a}ts {op} TIMESTAMPTZ '2020-01-05 00:00:00.000001Z'",
            f"{a}ts::DATE {op} DATE '2020-01-04'",
            f"{a}ts BETWEEN TIMESTAMPTZ '2020-01-02 00:00:00+02' AND TIMESTAMPTZ '2020-01-06 00:00:00Z'",
            f"{a}flag",
            f"{a}flag {rng.choice(['IS NULL', 'IS NOT TRUE', '= false', 'IS NOT NULL'])}",
            f"{a}st.a {op} {n}",
            f"{a}st.b {op} '{word}'",
            f"{a}st IS NULL",
            f"{a}l[1] = 2",
            f"len({a}l) > 1",
            f"{a}m['a'] > 3",
            f"{a}id IN ({n}, {n + 3}, NULL)",
            f"{a}id NOT IN ({n}, {n + 3})",
            f"{a}k IN ({n // 10}, 7, 9)",
            f"{a}s IN ('a', 'abc', NULL)",
            f"{a}part {op} '{rng.choice(['north', 'south', 'west', 'o' + chr(39) * 2 + 'dd/ x%'])}'",
            f"{a}part IN ('north', 'south')",
            f"{a}part IS NULL",
            f"{a}part LIKE 'n%'",
            f"coalesce({a}k, 0) {op} 3",
            f"{a}id % 7 = 3",
            f"{a}k {op} {a}tiny",
            f"{a}id {op} (SELECT max(id) // 2 FROM u)",
            f"{a}id IN (SELECT k FROM u WHERE k > 3)",
        ]
    )
    return f"({leaf})"


def query(rng: random.Random) -> str:
    where = predicate(rng)
    side, key = predicate(rng, "t."), rng.choice(["id", "k", "s", "day", "part", "st.a"])
    top, direction = rng.randint(1, 40), rng.choice(["ASC", "DESC"])
    nulls = rng.choice(["NULLS FIRST", "NULLS LAST"])
    return rng.choice(
        [
            f"SELECT * FROM t WHERE {where}",
            f"SELECT id, st.a, st.b AS b, m, l FROM t WHERE {where}",
            f"SELECT count(*), count(k), min(id), max(id), min(day), max(day) FROM t WHERE {where}",
            "SELECT count(*), min(id), max(id), min(k), max(k), min(p), max(p), min(flag), max(flag) FROM t",
            "SELECT min(day), max(day), min(d), max(d), min(f), max(f), min(s), max(s), min(ts), max(ts), min(part) FROM t",
            "SELECT count(*) FROM t",
            f"SELECT part, count(*), sum(k), min(p), max(ts), count(DISTINCT s) FROM t WHERE {where} GROUP BY part",
            "SELECT part, count(*), max(id) FROM t GROUP BY ALL HAVING count(*) > 3",
            f"SELECT DISTINCT part, flag FROM t WHERE {where}",
            f"SELECT {key} AS v FROM t ORDER BY {key} {direction} {nulls} LIMIT {top}",
            f"SELECT id, k FROM t WHERE {where} ORDER BY id {direction} LIMIT {top} OFFSET 3",
            f"SELECT id FROM t ORDER BY day {direction} {nulls}, id {direction} LIMIT {top}",
            f"SELECT t.id, u.id AS uid, t.s FROM t JOIN u ON t.k = u.k WHERE {side}",
            f"SELECT t.id, u.s FROM t LEFT JOIN u ON t.id = u.id AND u.flag WHERE {side}",
            f"SELECT count(*), sum(u.p) FROM t JOIN (SELECT * FROM u WHERE {where}) u USING (id)",
            f"SELECT t.id FROM t SEMI JOIN u ON t.day = u.day WHERE {side}",
            f"SELECT t.id FROM t ANTI JOIN u ON t.k IS NOT DISTINCT FROM u.k WHERE {side}",
            f"SELECT t.id, frame.tag FROM t JOIN frame ON t.id = frame.id WHERE {side}",
            f"SELECT frame.tag, count(t.id) FROM frame LEFT JOIN t ON t.part = frame.tag AND {side} GROUP BY frame.tag",
            f"SELECT id, row_number() OVER (PARTITION BY part ORDER BY id), sum(k) OVER (ORDER BY id) FROM t WHERE {where}",
            f"SELECT id, lag(s) OVER (ORDER BY id DESC) FROM t QUALIFY rank() OVER (PARTITION BY flag ORDER BY id) < {top}",
            f"WITH c AS (SELECT part, max(id) AS top FROM t WHERE {where} GROUP BY part) SELECT t.id, c.top FROM t JOIN c ON t.id = c.top",
            f"SELECT id FROM t WHERE {where} UNION ALL SELECT id FROM u WHERE {where}",
            f"SELECT id FROM t WHERE {where} EXCEPT SELECT id FROM u",
            f"SELECT id, (SELECT count(*) FROM u WHERE u.k = t.k) FROM t WHERE {side}",
            f"SELECT k, d FROM t WHERE {where} LIMIT 100000",
            f"SELECT count(*) FILTER (WHERE {where}) FROM t",
            f"SELECT unnest(l) AS e, id FROM t WHERE {where}",
        ]
    )


def fill(pair: Pair, rng: random.Random) -> None:
    pair.create("t", rng.choice(["", "", "part", "part, flag"]))
    pair.create("u", rng.choice(["", "part", "tiny"]))
    for turn in range(rng.randint(2, 6)):
        pair.append("t", random_rows(rng, 60 * turn, rng.choice([1, 20, 60])))
    for turn in range(2):
        pair.append("u", random_rows(rng, 100 * turn, 40))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_sql_gives_the_same_rows(lake_path: str, seed: int, threads: int) -> None:
    rng = random.Random(seed)
    pair = Pair(lake_path, threads)
    fill(pair, rng)
    frame = pa.table(
        {
            "id": pa.array(rng.sample(range(200), 30), pa.int64()),
            "tag": rng.choices(["north", "south", "x"], k=30),
        }
    )
    pair.ours.register("frame", frame)
    pair.theirs.register("frame", frame)
    for _ in range(QUERIES):
        pair.same(query(rng))


@pytest.mark.parametrize("seed", range(8))
def test_a_condition_is_the_same_as_filter_and_as_value(lake_path: str, seed: int) -> None:
    rng = random.Random(4000 + seed)
    lake = lh.connect(lake_path, durability="none")
    by = rng.choice(["", "part", "k", "d", "flag, tiny"])
    lake.sql(f"CREATE TABLE t ({COLUMNS})" + (f" PARTITIONED BY ({by})" if by else ""))
    for turn in range(5):
        lake.table("t").append(random_rows(rng, 10 * turn, rng.choice([1, 5, 30])))
    for _ in range(60):
        where = about_one_column(rng, "") if rng.random() < 0.8 else predicate(rng)
        if "FROM u" in where:
            continue
        kept = lake.sql(f"SELECT count(*), count(id), sum(id) FROM t WHERE {where}").fetchall()
        asked = f"FROM (SELECT id, {where} AS wanted FROM t)"
        wanted = "FILTER (WHERE wanted)"
        told = lake.sql(
            f"SELECT count(*) {wanted}, count(id) {wanted}, sum(id) {wanted} {asked}"
        ).fetchall()
        assert kept == told, where


@pytest.mark.parametrize("seed", range(6))
def test_a_transaction_sees_its_own_uncommitted_rows(lake_path: str, seed: int) -> None:
    rng = random.Random(1000 + seed)
    pair = Pair(lake_path, 2)
    fill(pair, rng)
    frame = pa.table({"id": pa.array(range(0, 300, 7), pa.int64()), "tag": ["north"] * 43})
    pair.ours.register("frame", frame)
    pair.theirs.register("frame", frame)
    before = pair.ours.table("t").version()
    pair.do("BEGIN TRANSACTION")
    pair.do("INSERT INTO t SELECT * REPLACE (id + 1000 AS id) FROM u WHERE k > 3 OR k IS NULL")
    for _ in range(8):
        pair.same(query(rng))
    pair.do("INSERT INTO t (id, s, part) VALUES (-1, 'own', 'north'), (-2, NULL, NULL)")
    for _ in range(8):
        pair.same(query(rng))
    end = rng.choice(["COMMIT", "ROLLBACK"])
    pair.do(end)
    assert pair.ours.table("t").version() == before + (end == "COMMIT")
    for _ in range(8):
        pair.same(query(rng))


@pytest.mark.parametrize("seed", range(4))
def test_versions_of_one_table_join(lake_path: str, seed: int) -> None:
    rng = random.Random(2000 + seed)
    pair = Pair(lake_path, rng.choice([1, 2]))
    pair.create("t", rng.choice(["", "part"]))
    pair.theirs.execute("CREATE TABLE t0 AS FROM t")
    for turn in range(1, 5):
        pair.append("t", random_rows(rng, 50 * turn, 30))
        pair.theirs.execute(f"CREATE TABLE t{turn} AS FROM t")
    for _ in range(10):
        old, new = rng.randint(0, 4), rng.randint(0, 4)
        where = predicate(rng, "a.").replace("FROM u", "FROM a")
        if "FROM a" in where:
            continue
        sql = f"SELECT a.id, b.k, a.s FROM {{a}} JOIN {{b}} ON a.id = b.id WHERE {where}"
        pair.same(
            sql.format(a=f"t a AT (VERSION => {old})", b=f"t b AT (VERSION => {new})"),
            sql.format(a=f"t{old} a", b=f"t{new} b"),
        )
        pair.same(
            f"SELECT count(*), max(id) FROM t AT (VERSION => {old})",
            f"SELECT count(*), max(id) FROM t{old}",
        )


@pytest.mark.parametrize("seed", range(6))
def test_the_same_writes_leave_the_same_rows(lake_path: str, seed: int) -> None:
    rng = random.Random(3000 + seed)
    pair = Pair(lake_path, rng.choice([1, 2]))
    by = rng.choice(["", "part", "part, k"])
    pair.create("t", by)
    pair.create("u", "")
    pair.append("u", random_rows(rng, 10, 80))
    for turn in range(8):
        kind = rng.randint(0, 5 if "part" in by else 4)
        if kind == 0:
            pair.append("t", random_rows(rng, 100 * turn, rng.randint(0, 50)))
        elif kind == 1:
            where = predicate(rng)
            pair.do(f"INSERT INTO t SELECT * FROM u WHERE {where}")
        elif kind == 2:
            pair.do(
                "INSERT INTO t BY NAME SELECT id, s || '!' AS s, st, part FROM u ORDER BY id DESC"
            )
        elif kind == 3:
            pair.do(
                f"CREATE OR REPLACE TABLE v AS SELECT *, id * 2 AS twice, {turn} AS turn FROM u WHERE {predicate(rng)}"
            )
            pair.same("SELECT * FROM v")
        elif kind == 4:
            rows = random_rows(rng, 100 * turn, 20)
            pair.ours.table("t").overwrite(rows)
            pair.theirs.execute("DELETE FROM t")
            pair.theirs.execute("INSERT INTO t SELECT * FROM rows")
        else:
            rows = random_rows(rng, 100 * turn, 20)
            rows = rows.set_column(SCHEMA.get_field_index("part"), "part", pa.array(["north"] * 20))
            pair.ours.table("t").overwrite(rows, where="part = 'north'")
            pair.theirs.execute("DELETE FROM t WHERE part = 'north'")
            pair.theirs.execute("INSERT INTO t SELECT * FROM rows")
        pair.same("SELECT * FROM t")
        pair.same("SELECT count(*), min(id), max(id), sum(k) FROM t")


@pytest.mark.parametrize("threads", [1, 2])
def test_several_row_groups_agree(lake_path: str, threads: int) -> None:
    pair = Pair(lake_path, threads)
    made = (
        "SELECT i AS id, (i // 1000)::INTEGER AS k, CASE WHEN i % 1000 = 7 THEN 'nan'::DOUBLE ELSE i / 3 END AS d, "
        "CASE WHEN i % 5 = 0 THEN NULL ELSE 'w' || (i % 977) END AS s, DATE '2020-01-01' + (i // 900)::INTEGER AS day, "
        "{'a': i::INTEGER, 'b': 'x' || i} AS st FROM range(300000) r(i)"
    )
    pair.do(f"CREATE TABLE big AS {made}")
    for sql in (
        "SELECT count(*), sum(id), sum(k), count(s), min(day), max(d) FROM big",
        "SELECT * FROM big WHERE id BETWEEN 122870 AND 122890",
        "SELECT * FROM big WHERE st.a IN (0, 122879, 122880, 299999)",
        "SELECT k, count(*), count(DISTINCT s) FROM big WHERE d > 500 OR s LIKE 'w97%' GROUP BY k",
        "SELECT id, s FROM big ORDER BY id DESC LIMIT 10",
        "SELECT id, d FROM big ORDER BY d DESC NULLS LAST, id LIMIT 50",
        "SELECT id FROM big WHERE s = 'w5' AND day >= DATE '2020-06-01'",
        "SELECT a.id FROM big a JOIN big b ON a.id = b.id + 122880 WHERE b.k = 3",
        "SELECT id, sum(k) OVER (PARTITION BY s ORDER BY id) FROM big WHERE k IN (1, 250)",
    ):
        pair.same(sql)


def test_equal_looking_subplans_of_two_tables_are_told_apart(lake_path: str) -> None:
    pair = Pair(lake_path, 1)
    for name in ("t", "u"):
        pair.create(name, "")
    pair.append("t", random_rows(random.Random(1), 0, 30))
    pair.append("u", random_rows(random.Random(2), 500, 30))
    where = "((id IN (SELECT k FROM u WHERE k > 3)) OR (k::DOUBLE <> 1.5)) IS NOT TRUE"
    pair.same(f"SELECT id FROM t WHERE {where} UNION ALL SELECT id FROM u WHERE {where}")
    pair.same(
        "SELECT part, sum(id) FROM t GROUP BY part UNION ALL SELECT part, sum(id) FROM u GROUP BY part"
    )
    inner = "SELECT count(*) FROM t a JOIN t b ON a.id = b.id AND a.k > 0"
    pair.append("t", random_rows(random.Random(3), 30, 30))
    first = pair.ours.sql(
        f"SELECT ({inner.replace('t a', 't a AT (VERSION => 1)').replace('t b', 't b AT (VERSION => 1)')}), ({inner})"
    )
    old, new = first.fetchall()[0]
    assert new == pair.theirs.execute(inner).fetchall()[0][0]
    assert (
        old
        == pair.theirs.execute(inner.replace("a.k > 0", "a.k > 0 AND a.id < 30")).fetchall()[0][0]
    )
