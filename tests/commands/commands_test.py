#!/usr/bin/env python3
"""`status --watch` and `support-bundle` beside a service, and without one.

commands_test.py WALFERRY"""
import json
import os
import pathlib
import pty
import select
import signal
import stat
import subprocess
import sys
import tarfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from service_stand import Stand, end  # noqa: E402

# Each in a place of its own; what begins so must be in no bundle.
MARK = "s3cr3t"
ENVIRONMENT = {"HOOK_SECRET": MARK + "-variable", "WALFERRY_HASH_KEY": MARK + "-hash-key", "PGPASSWORD": MARK + "-pgpassword"}
TABLES = """  - match: public.*
    mode: upsert
    hash_columns: [mail]
    contract: { columns: { total: { range: [0, null] } } }
"""
MORE = f"""# {MARK}-comment
outbox:
  webhook: "http://127.0.0.1:9/hooks/{MARK}-path?key={MARK}-query"
  exec: "cat >/dev/null # {MARK}-command"
  secret: "${{HOOK_SECRET}}${{UNSET_SECRET:-{MARK}-default}}"
lineage: {{ url: "http://127.0.0.1:9/lineage/{MARK}-lineage-path", api_key: {MARK}-lineage-key }}
alerts:
  - {{ when: "lag_seconds > 3600", webhook: "http://127.0.0.1:9/alerts/{MARK}-alert-path", secret: {MARK}-alert-secret }}
  - {{ when: "lag_seconds > 7200", exec: "cat >/dev/null # {MARK}-alert-command" }}
"""


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ.update(ENVIRONMENT)
        cls.stand = Stand(WALFERRY)
        cls.addClassCleanup(cls.stand.close)
        cls.stand.sql(f"CREATE TABLE orders (id integer PRIMARY KEY, total numeric, mail text);"
                      f"INSERT INTO orders VALUES (1, 1, '{MARK}-row')")
        cls.service = cls.stand.service(tables=TABLES, token=MARK + "-token", more=MORE)
        text = cls.service.config.read_text()
        text = text.replace("postgres@", f"postgres:{MARK}-password@").replace("/shop\"", f"/shop?sslpassword={MARK}-ssl\"")
        cls.service.config.write_text(text)
        cls.stand.sql(f"INSERT INTO orders VALUES (2, -1, '{MARK}-refused')")

    def bundle(self, name, config=None):
        path = self.stand.folder / name
        made = self.stand.command("support-bundle", config or self.service.config, "--output", path)
        self.assertEqual((made.returncode, made.stdout), (0, f"{path}\n"), made.stderr)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        with tarfile.open(path) as archive:
            self.assertEqual({member.mode for member in archive}, {0o600})
            files = {pathlib.Path(member.name).name: archive.extractfile(member).read().decode() for member in archive}
        for file, text in files.items():
            self.assertNotIn(MARK, text, file)
            self.assertTrue(text, file)
        return files

    def test_1_a_bundle_tells_much_and_no_secret(self):
        files = self.bundle("running.tar.gz")
        self.assertEqual(json.loads(files["status.json"])["state"], "streaming")
        self.assertIn("walferry_build_info", files["metrics.txt"])
        self.assertIn("ok ", files["check.txt"])
        self.assertRegex(files["control_tables.txt"], r"upsert\s*\|\s*streaming\s*\|\s*1")
        self.assertRegex(files["control_tables.txt"], r"contract\s*\|\s*pending")
        self.assertIn("bytes free of", files["machine.txt"])
        configuration = files["configuration.yaml"]
        for kept in ("${HOOK_SECRET}", "${UNSET_SECRET}", "user=postgres", "password=***", "http://127.0.0.1:9/***",
                     "public.*", "shop.duckdb", f"127.0.0.1:{self.service.port}"):
            self.assertIn(kept, configuration)
        again = self.stand.command("support-bundle", self.service.config, "--output", self.stand.folder / "running.tar.gz")
        self.assertEqual(again.returncode, 2)
        self.assertIn("exists already", again.stderr)

    def watch(self, *words, **options):
        return subprocess.Popen([WALFERRY, "status", self.service.config, "--watch", "0.2", *words], stderr=subprocess.PIPE,
                                text=True, **options)

    def test_2_watching_goes_on_while_the_service_is_away(self):
        watch = self.watch("--json", stdout=subprocess.PIPE)
        self.addCleanup(end, watch)
        line = json.loads(watch.stdout.readline())
        self.assertEqual((line["pipeline"], line["state"]), ("shop", "streaming"))
        self.assertEqual(self.service.stop(), 0)
        self.until(watch, lambda line: "answers on" in line.get("error", ""))
        files = self.bundle("stopped.tar.gz")
        self.assertEqual(json.loads(files["status.json"])["state"], "stopped")
        self.assertIn("no walferry answers", files["metrics.txt"])
        self.service.start()
        self.until(watch, lambda line: line.get("state") == "streaming")
        watch.send_signal(signal.SIGINT)
        self.assertEqual((watch.wait(20), watch.stderr.read()), (0, ""))
        watch.stdout.close()
        watch.stderr.close()

    def until(self, watch, condition):
        before = time.monotonic()
        while not condition(json.loads(watch.stdout.readline())):
            self.assertLess(time.monotonic() - before, 60)

    def test_3_on_a_terminal_it_draws_anew_and_ends_with_its_reader(self):
        ours, theirs = pty.openpty()
        watch = self.watch(stdout=theirs, stdin=theirs)
        os.close(theirs)
        self.addCleanup(end, watch)
        text = b""
        while text.count(b"\x1b[H\x1b[2J") < 2:
            self.assertTrue(select.select([ours], [], [], 20)[0])
            text += os.read(ours, 65536)
        self.assertIn(b"pipeline      shop", text)
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(20), 0)
        watch.stderr.close()
        os.close(ours)
        head = subprocess.run(f"{WALFERRY} status {self.service.config} --watch 0.1 | head -n 3", shell=True, timeout=20,
                              capture_output=True, text=True)
        self.assertEqual((head.stdout.splitlines()[0], head.stderr), ("pipeline      shop", ""))

    def test_4_seconds_that_are_none_are_refused(self):
        for seconds in ("0", "-1", "soon"):
            self.assertEqual(self.stand.command("status", self.service.config, "--watch", seconds).returncode, 2)


if __name__ == "__main__":
    WALFERRY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
