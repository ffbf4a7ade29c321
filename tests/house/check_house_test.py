"""Each rule of check_house fails on a tree that breaks it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check_house")


class CheckHouse(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"model/CMakeLists.txt": "lsn.cc", **files}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            result = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)
            return result.returncode, result.stdout

    def assert_breach(self, files, words):
        code, out = self.check(files)
        self.assertEqual(code, 1, out)
        self.assertIn(words, out)

    def test_an_orderly_tree_passes(self):
        code, out = self.check({"model/lsn.cc": '#include "model/lsn.h"\n', "apply/a.h": '#include "config/config.h"\n'})
        self.assertEqual(code, 0, out)

    def test_an_include_against_the_arrows_fails(self):
        self.assert_breach({"capture/a.h": '#include "apply/b.h"\n'}, "capture includes apply/")

    def test_rooms_of_one_level_do_not_know_each_other(self):
        self.assert_breach({"capture/a.h": '#include "warehouse/b.h"\n'}, "capture includes warehouse/")
        self.assert_breach({"dlq/a.h": '#include "checkpoint/b.h"\n'}, "dlq includes checkpoint/")
        self.assert_breach({"publish/a.h": '#include "capture/b.h"\n'}, "publish includes capture/")

    def test_a_room_does_not_include_tests(self):
        self.assert_breach({"model/a.h": '#include "tests/support/b.h"\n'}, "includes tests/")

    def test_a_long_file_fails(self):
        self.assert_breach({"model/a.h": "\n" * 201}, "201 lines")
        self.assert_breach({"model/lsn.cc": "\n" * 401}, "401 lines")

    def test_a_vague_name_fails(self):
        self.assert_breach({"apply/row_utils.h": ""}, "'utils' says nothing")

    def test_a_source_that_cmake_does_not_list_fails(self):
        self.assert_breach({"model/orphan.cc": ""}, "no CMakeLists.txt lists it")


if __name__ == "__main__":
    unittest.main()
