"""Pickling, forks, threads, Ctrl+C and the GIL."""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import lakehold as lh

LONG = "SELECT count(*) FROM range(100000000000) AS r(x) WHERE hash(x) = 0"


def in_child(work) -> None:
    """Runs `work` in a forked child; fails if it fails there."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


def test_handles_pickle_as_where_they_are(trips: lh.Table, lake: lh.Lake):
    assert pickle.loads(pickle.dumps(lake)).tables() == ["trips"]
    live, pinned = pickle.loads(pickle.dumps((trips, trips.at(version=1))))
    trips.append([{"id": 5, "fare": None, "day": None}])
    assert (live.count(), pinned.count(), pinned.version()) == (5, 3, 1)
    with pytest.raises(lh.InvalidError, match="pickle"):
        pickle.dumps(lh.connect())


def test_handles_stay_where_they_are_when_the_process_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lake = lh.connect("lake")
    lake.write("t", [{"a": 1}])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert lake["t"].count() == 1 and pickle.loads(pickle.dumps(lake))["t"].count() == 1


def test_a_forked_child_reads_and_writes_with_the_handles_it_inherits(
    trips: lh.Table, lake: lh.Lake
):
    assert lake.sql("SELECT count(*) FROM trips").fetchone() == (4,)

    def work():
        assert lake.sql("SELECT count(*) FROM trips").fetchone() == (4,)
        trips.append([{"id": 5, "fare": None, "day": None}])
        assert trips.count() == 5

    in_child(work)
    assert trips.count() == 5 and lake.sql("SELECT count(*) FROM trips").fetchone() == (5,)


def test_a_transaction_stays_with_the_process_that_began_it(trips: lh.Table, lake: lh.Lake):
    with lake.transaction() as tx:
        tx.sql("INSERT INTO trips VALUES (5, NULL, NULL)")

        def work():
            with pytest.raises(lh.LakeholdError, match="forked_transaction"):
                tx.sql("SELECT count(*) FROM trips")

        in_child(work)
    assert trips.count() == 5


def test_several_sessions_work_at_once_on_threads(trips: lh.Table, lake: lh.Lake):
    def work(number: int) -> int:
        session = lake.session()
        table = session.table("trips")
        for i in range(5):
            table.append([{"id": 100 * number + i, "fare": 1.0, "day": None}])
            session.sql("SELECT count(*) FROM trips").fetchone()
        return session.sql(
            "SELECT count(*) FROM trips WHERE id >= $a AND id < $b",
            {"a": 100 * number, "b": 100 * number + 100},
        ).fetchone()[0]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(1, 5))) == [5] * 4
    assert trips.count() == 24


def test_another_thread_advances_during_a_long_query(lake: lh.Lake):
    ticks = 0
    stop = threading.Event()

    def tick():
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.monotonic()
    lake.sql("SELECT count(*) FROM range(300000000) AS r(x) WHERE hash(x) = 0").fetchall()
    took = time.monotonic() - began
    stop.set()
    thread.join()
    assert ticks > took / 0.005 / 10, (ticks, took)


def test_another_thread_can_interrupt_a_query(lake: lh.Lake):
    result = lake.sql(LONG)
    timer = threading.Timer(0.3, result.interrupt)
    timer.start()
    with pytest.raises(lh.CancelledError):
        result.fetchall()
    assert lake.sql("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "consume", ["fetchall", "to_arrow", "to_polars", "dml", "iterate", "foreign"]
)
def test_ctrl_c_stops_a_query_within_a_second_and_the_session_lives_on(tmp_path, consume):
    script = f"""
        import signal, sys, threading, time, os
        import pyarrow, polars
        import lakehold as lh
        signal.signal(signal.SIGINT, signal.default_int_handler)
        lake = lh.connect({str(tmp_path / "lake")!r})
        lake.sql("CREATE TABLE t (x BIGINT)")
        sent = []
        def kill():
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.7, kill).start()
        consume = {consume!r}
        try:
            if consume == "dml":
                lake.sql("INSERT INTO t " + {LONG!r})
            elif consume == "iterate":
                for row in lake.sql({LONG!r}):
                    pass
            elif consume == "foreign":
                pyarrow.table(lake.sql({LONG!r}))
            else:
                getattr(lake.sql({LONG!r}), consume)()
        except KeyboardInterrupt:
            took = time.monotonic() - sent[0]
            assert took < 1, took
        else:
            raise AssertionError("not interrupted")
        assert lake.sql("SELECT count(*) FROM t").fetchone() == (0,)
        lake.table("t").append([{{"x": 1}}])
        assert lake.table("t").count() == 1
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=60)


def test_a_signal_handler_may_query_while_a_query_runs(lake: lh.Lake):
    answers = []

    def answer(*_):
        answers.append(lake.session().sql("SELECT 7").fetchone())

    before = signal.signal(signal.SIGUSR1, answer)
    try:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        sql = "SELECT count(*) FROM range(300000000) AS r(x) WHERE hash(x) = 0"
        lake.sql(sql).fetchall()
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert answers == [(7,)]


def test_one_table_handle_survives_several_threads(trips: lh.Table):
    failures = []

    def work():
        for _ in range(20):
            try:
                assert trips.count() == 4
                assert len(trips.scan().fetchall()) == 4
            except lh.LakeholdError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]


def test_results_that_name_each_other_are_given_back(tmp_path):
    script = f"""
        import lakehold as lh
        lake = lh.connect({str(tmp_path / "lake")!r})
        lake.write("t", [{{"a": 1}}])
        first = lake.sql("SELECT a FROM t")
        second = lake.sql("SELECT a + 1 AS b FROM first")
        assert second.fetchall() == second.fetchall() == [(2,)]
        third = lake["t"].history()
        assert lake.sql("SELECT version FROM third").fetchone() == (0,)
        assert third.to_pylist() and second.explain().plan
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
