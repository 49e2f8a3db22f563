#!/usr/bin/env python3
"""Every check of tidy.py must be able to fail: each fixture must, or must not, be found fault
with."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

HEADER = "// What this is.\n#pragma once\n"


def checks(path, text):
    return [finding.check for finding in tidy.check_text(path, text)]


def body(lines):
    return "int F(int a,\n      int b) {\n" + "  a += b;\n" * (lines - 2) + "}\n"


class Stairs(unittest.TestCase):
    def bad(self, path, include):
        self.assertIn("stairs", checks(path, f"#include {include}\n"), (path, include))

    def good(self, path, include):
        self.assertEqual([], checks(path, f"#include {include}\n"), (path, include))

    def test_rooms_look_down_only(self):
        self.bad("src/delta/a.cc", '"txn/draft.h"')
        self.bad("src/base/a.cc", '"storage/object_store.h"')
        self.bad("src/table/a.cc", '"upkeep/vacuum.h"')
        self.bad("src/render/a.cc", '"engine/engine.h"')
        self.bad("src/txn/a.cc", '"lakehold/lake.h"')
        self.bad("src/attic/a.cc", '"base/result.h"')
        self.bad("src/delta/a.cc", '"schema.h"')
        self.good("src/storage/a.cc", '"base/result.h"')
        self.good("src/txn/a.cc", '"delta/snapshot.h"')
        self.good("src/base/a.cc", '"lakehold/result.h"')
        self.good("src/cli/a.cc", '"lakehold/lake.h"')
        self.good("src/delta/a_test.cc", '"support/sim_clock.h"')

    def test_only_the_engine_interface_is_seen_from_above(self):
        self.bad("src/table/a.cc", '"engine/catalog.h"')
        self.good("src/table/a.cc", '"engine/engine.h"')
        self.good("src/engine/a.cc", '"engine/catalog.h"')

    def test_foreign_headers_stay_at_home(self):
        self.bad("src/table/a.cc", '"duckdb.hpp"')
        self.bad("src/facade/a.cc", '"duckdb/main/connection.hpp"')
        self.bad("src/facade/a.cc", "<parquet_reader.hpp>")
        self.bad("src/cli/a.cc", "<nanobind/nanobind.h>")
        self.bad("src/storage/local_store.cc", "<curl/curl.h>")
        self.bad("src/txn/a.cc", "<simdjson.h>")
        self.good("src/engine/a.cc", '"duckdb.hpp"')
        self.good("src/python/a.cc", "<nanobind/nanobind.h>")
        self.good("src/storage/s3_store.cc", "<curl/curl.h>")
        self.good("src/delta/a.cc", "<simdjson.h>")

    def test_public_headers_show_nothing_foreign(self):
        self.assertIn(
            "stairs", checks("include/lakehold/a.h", HEADER + "#include <fmt/format.h>\n")
        )
        self.assertIn(
            "stairs", checks("include/lakehold/a.h", HEADER + '#include "base/result.h"\n')
        )
        self.assertIn("stairs", checks("include/lakehold/a.h", HEADER + "duckdb::DuckDB* db;\n"))
        self.assertEqual(
            [],
            checks("include/lakehold/a.h", HEADER + "#include <string>\n// not duckdb::DuckDB\n"),
        )

    def test_an_include_in_a_comment_is_no_include(self):
        self.good("src/delta/a.cc", '<map>\n// #include "txn/draft.h"')


class Bans(unittest.TestCase):
    def bad(self, code, path="src/txn/a.cc"):
        self.assertIn("ban", checks(path, code + "\n"), code)

    def good(self, code, path="src/txn/a.cc"):
        self.assertEqual([], checks(path, code + "\n"), code)

    def test_pure_rooms_have_no_clock_chance_thread_or_system_call(self):
        for code in (
            "auto t = std::chrono::steady_clock::now();",
            "time(nullptr);",
            "int x = std::rand();",
            "std::random_device d;",
            "std::thread t;",
            "std::jthread t;",
            "::open(p, 0);",
            "unlink(p);",
            'getenv("X");',
            "std::this_thread::sleep_for(d);",
            "std::ifstream in(p);",
            "x = std::time(0);",
        ):
            self.bad(code)
            self.good(code, "src/base/a.cc")
            self.good(code, "src/txn/a_test.cc")

    def test_what_only_looks_like_one_passes(self):
        for code in (
            "store.open(key);",
            "store->unlink(key);",
            "std::mutex m;",
            "// time(nullptr)",
            "commit_time(3);",
            'Log("getenv(x)");',
            "std::chrono::milliseconds d{3};",
            "Log::open(key);",
            "OpenStore(p);",
        ):
            self.good(code)

    def test_everywhere(self):
        self.bad("sprintf(b, x);", "src/base/a.cc")
        self.good("snprintf(b, n, x);", "src/base/a.cc")
        self.bad("out << std::endl;", "src/cli/a.cc")
        self.bad("try { F(); } catch (...) { return {}; }", "src/engine/a.cc")
        self.bad("try { F(); } catch (...) {}", "src/engine/a.cc")
        self.good(
            "try { F(); } catch (...) { return Translate(std::current_exception()); }",
            "src/engine/a.cc",
        )
        self.bad("// TO" + "DO: later", "src/base/a.cc")
        self.bad("# FIX" + "ME", "tests/python/test_a.py")

    def test_names_are_nouns(self):
        self.assertIn("name", checks("src/base/a.cc", "class StringUtils {};\n"))
        self.assertIn("name", checks("src/base/a.cc", "struct CommitHelper final : Base {};\n"))
        self.assertIn("name", checks("src/base/path_utils.cc", "\n"))
        self.assertIn("name", checks("src/base/common.h", HEADER))
        self.assertEqual([], checks("src/base/a.cc", "class Committer {};\nclass Impl;\n"))
        self.assertEqual(
            [],
            checks(
                "src/engine/a.cc", "class LakeManager : public duckdb::TransactionManager {};\n"
            ),
        )

    def test_no_paths_of_a_machine(self):
        self.assertIn("machine", checks("docs/a.md", "see /home/" + "ann/notes\n"))
        self.assertIn("machine", checks("tools/a.sh", "cd '/work/" + "main'\n"))
        self.assertEqual(
            [],
            checks("docs/a.md", "see <root>/root/work/home, src/work/a and https://a.b/work/c\n"),
        )


class Sizes(unittest.TestCase):
    def test_files(self):
        self.assertIn("size", checks("src/base/a.h", HEADER + "\n" * 250))
        self.assertNotIn("size", checks("src/base/a.h", HEADER + "\n" * 240))
        self.assertIn("size", checks("src/base/a.cc", "\n" * 601))
        self.assertNotIn("size", checks("src/base/a_test.cc", "\n" * 899))

    def test_functions(self):
        self.assertEqual([], checks("src/base/a.cc", body(69)))
        self.assertIn("function", checks("src/base/a.cc", body(75)))
        self.assertIn(
            "function", checks("src/base/a.cc", "namespace a {\nclass B {\n" + body(75) + "};\n}\n")
        )
        self.assertEqual(
            [], checks("src/base/a.cc", "namespace a {\n" + body(40) + body(40) + "}\n")
        )

    def test_constructors_are_measured_past_their_initializers(self):
        code = "A::A(int x) : x_{x}, y_(x) {\n" + "  x_ += 1;\n" * 75 + "}\n"
        self.assertIn("function", checks("src/base/a.cc", code))

    def test_tables_of_constants_are_no_functions(self):
        self.assertEqual(
            [],
            checks(
                "src/base/a.cc",
                "const std::map<int, int> kTable = {\n" + "  {1, 2},\n" * 90 + "};\n",
            ),
        )

    def test_lines(self):
        self.assertIn("columns", checks("src/base/a.cc", "int " + "x" * 100 + ";\n"))
        self.assertEqual([], checks("src/base/a.cc", "// https://" + "x" * 100 + "\n"))
        self.assertEqual([], checks("src/base/a.cc", 'auto s = R"(' + "x" * 120 + ')";\n'))

    def test_headers_open_with_a_comment(self):
        self.assertIn("header", checks("src/base/a.h", "#pragma once\n"))
        self.assertIn("header", checks("src/base/a.h", "// What this is.\n"))


class Rooms(unittest.TestCase):
    def test_a_room_has_a_readme(self):
        self.assertEqual(1, len(list(tidy.check_rooms({"src/base/a.cc": ""}))))
        self.assertEqual(
            0, len(list(tidy.check_rooms({"src/base/a.cc": "", "src/base/README.md": "x\n"})))
        )
        self.assertEqual(
            1, len(list(tidy.check_rooms({"src/base/a.cc": "", "src/base/README.md": "x\n" * 41})))
        )


class Debt(unittest.TestCase):
    def test_a_debt_covers_its_amount_and_no_more(self):
        found = tidy.check_text("src/base/a.cc", "\n" * 700)
        self.assertEqual([], tidy.beyond_debt(found, {("size", "src/base/a.cc"): 700}))
        self.assertEqual(found, tidy.beyond_debt(found, {("size", "src/base/a.cc"): 699}))
        self.assertEqual([], tidy.beyond_debt(found, {("size", "*"): 700}))

    def test_it_may_only_shrink(self):
        old = {("size", "a.cc"): 700}
        self.assertEqual([], list(tidy.check_growth({("size", "a.cc"): 650}, old)))
        self.assertEqual(1, len(list(tidy.check_growth({("size", "a.cc"): 701}, old))))
        self.assertEqual(1, len(list(tidy.check_growth({("size", "b.cc"): 610}, old))))
        self.assertEqual(
            "# why\nsize a.cc 610\n",
            tidy.shrunk("# why\nsize a.cc 700\nsize b.cc 9\n", {("size", "a.cc"): 610}),
        )


class Run(unittest.TestCase):
    def test_the_program_fails_on_a_finding_and_passes_without(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "src/txn"))
            with open(os.path.join(root, "src/txn/README.md"), "w", encoding="utf-8") as file:
                file.write("Why.\n")
            source = os.path.join(root, "src/txn/a.cc")
            for code, expected in (("int x;\n", 0), ("int x = rand();\n", 1)):
                with open(source, "w", encoding="utf-8") as file:
                    file.write(code)
                program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tidy.py")
                done = subprocess.run(
                    [sys.executable, program, "--root", root], capture_output=True, text=True
                )
                self.assertEqual(expected, done.returncode, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
