"""Several processes append to one table at once; a transaction makes several writes one version."""

import multiprocessing
import sys
import tempfile

import lakehold as lh


def append_readings(path: str, sensor: int) -> None:
    readings = lh.open(path)
    for turn in range(5):
        readings.append([{"sensor": sensor, "turn": turn}])


def main(folder: str) -> None:
    lake = lh.connect(folder)
    lake.sql("CREATE TABLE readings (sensor INTEGER NOT NULL, turn INTEGER NOT NULL)")
    context = multiprocessing.get_context("spawn")
    path = f"{folder}/readings"
    writers = [context.Process(target=append_readings, args=(path, n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    readings = lake.table("readings")
    print(f"{readings.count()} rows at version {readings.version()}")

    with lake.transaction() as tx:
        tx.sql("INSERT INTO readings VALUES (9, 0)")
        tx.sql("INSERT INTO readings VALUES (9, 1)")
        print(tx.sql("SELECT count(*) FROM readings").fetchone()[0], "rows seen inside")
    print(f"{readings.count()} rows at version {readings.version()}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(scratch)
