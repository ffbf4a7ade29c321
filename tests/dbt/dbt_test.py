#!/usr/bin/env python3
"""What `walferry dbt` writes, read and run by dbt.

dbt_test.py WALFERRY"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from service_stand import Stand, eventually  # noqa: E402

TABLES = """  - match: public.orders
    targets: [{ mode: upsert }, { mode: scd2 }, { mode: append }]
    rename_columns: { state: Status }
    hash_columns: [email]
    contract:
      columns:
        state: { not_null: true, accepted_values: [new, paid] }
        total: { range: [0, null] }
        email: { matches: '@' }
        stars: { accepted_values: [1, 2] }
      freshness: 90s
  - match: sales.lines
    mode: upsert
    contract: { on_violation: warn, freshness: 2h, columns: { note: { not_null: true } } }
  - match: sales.*
    mode: upsert
    metadata: false
"""
SOURCE = """
CREATE TABLE orders (id integer PRIMARY KEY, state text, total numeric(10,2), email text, stars integer);
INSERT INTO orders VALUES (1, 'new', 1, 'a@b', 1), (2, 'paid', 2, 'c@d', 2);
CREATE SCHEMA sales;
CREATE TABLE sales.lines (id integer, "Line no" integer, note text, PRIMARY KEY (id, "Line no"));
INSERT INTO sales.lines VALUES (1, 1, 'note'), (1, 2, NULL);
CREATE TABLE sales.plain (id integer PRIMARY KEY);
"""


class Dbt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["WALFERRY_HASH_KEY"] = "key"
        cls.stand = Stand(WALFERRY)
        cls.addClassCleanup(cls.stand.close)
        cls.stand.sql(SOURCE)
        cls.service = cls.stand.service(tables=TABLES)
        cls.stand.sql("UPDATE orders SET total = 3 WHERE id = 1; DELETE FROM orders WHERE id = 2")

    def walferry_dbt(self, *words, service=None):
        return self.stand.command("dbt", (service or self.service).config, *words)

    def table(self, sources, source, name):
        tables = {entry["name"]: entry["tables"] for entry in sources["sources"]}[source]
        return next(table for table in tables if table["name"] == name)

    def test_dbt_reads_it_and_its_tests_pass(self):
        project = self.stand.folder / "project"
        (project / "models").mkdir(parents=True)
        (project / "dbt_project.yml").write_text("name: shop\nprofile: shop\nflags: { send_anonymous_usage_stats: false }\n")
        (project / "profiles.yml").write_text(
            f"shop: {{ target: dev, outputs: {{ dev: {{ type: duckdb, path: {self.service.duckdb} }} }} }}\n")
        path = project / "models/sources.yml"
        running = self.walferry_dbt("--output", path)
        self.assertEqual((running.returncode, running.stdout), (0, ""), running.stderr)
        again = self.walferry_dbt("--output", path)
        self.assertEqual(again.returncode, 2)
        self.assertIn("exists already", again.stderr)
        self.dbt(project, "parse")
        manifest = json.loads((project / "target/manifest.json").read_text())
        self.assertEqual(sorted(manifest["sources"]), [
            "source.shop.shop_public.orders", "source.shop.shop_public.orders_changes", "source.shop.shop_public.orders_history",
            "source.shop.shop_sales.lines", "source.shop.shop_sales.plain"])
        orders = manifest["sources"]["source.shop.shop_public.orders"]
        self.assertEqual(orders["loaded_at_field"], "_walferry_synced_at")
        self.assertEqual(orders["freshness"]["error_after"], {"count": 2, "period": "minute"})
        self.check_text(yaml.safe_load(path.read_text()))

        self.assertTrue(eventually(lambda: self.stand.command(
            "sql", self.service.config, "--csv", "SELECT count(*) FROM public.orders").stdout.split()[-1] == "1"))
        self.assertEqual(self.service.stop(), 0)
        stopped = self.walferry_dbt()
        self.assertEqual((stopped.returncode, stopped.stdout), (0, path.read_text()), stopped.stderr)
        warned = self.dbt(project, "test")
        self.assertIn("WARN=1", warned)  # the note that its contract only warns about
        self.assertRegex(warned, r"PASS=\d\d")
        self.dbt(project, "source", "freshness")

    def check_text(self, sources):
        lines = self.table(sources, "shop_sales", "lines")
        self.assertEqual(lines["data_tests"], [{"unique": {"column_name": '("id", "Line no")'}}])
        self.assertEqual(lines["config"]["freshness"], {"warn_after": {"count": 2, "period": "hour"}})
        self.assertNotIn("config", self.table(sources, "shop_sales", "plain"))
        columns = {column["name"]: column for column in self.table(sources, "shop_public", "orders")["columns"]}
        self.assertEqual(list(columns), ["id", "Status", "total", "email", "stars", "_walferry_lsn", "_walferry_synced_at"])
        self.assertEqual(columns["id"]["data_tests"], ["not_null", "unique"])
        self.assertEqual(columns["Status"]["data_tests"], ["not_null", {"accepted_values": {"values": ["new", "paid"]}}])
        self.assertEqual(columns["stars"]["data_tests"], [{"accepted_values": {"values": ["1", "2"], "quote": False}}])
        self.assertEqual(columns["total"]["description"], "numeric(10,2) at the source. Contract: from 0 to any.")
        self.assertIn("hashed", columns["email"]["description"])

    def dbt(self, project, *words):
        run = subprocess.run([sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", *words, "--project-dir", project,
                              "--profiles-dir", project], cwd=project, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_a_warehouse_in_postgresql_is_described_alike_and_an_absent_one_refused(self):
        other = self.stand.service(name="other", tables=TABLES, postgres=True)
        text = self.walferry_dbt(service=other)
        self.assertEqual(text.returncode, 0, text.stderr)
        sources = yaml.safe_load(text.stdout.replace("other_", "shop_"))
        self.check_text(sources)
        absent = self.stand.folder / "absent.yaml"
        absent.write_text(self.service.config.read_text().replace("shop.duckdb", "absent.duckdb").replace(
            f":{self.service.port}", ":1"))
        refused = self.stand.command("dbt", absent)
        self.assertEqual(refused.returncode, 4)
        self.assertIn("does not exist yet", refused.stderr)


if __name__ == "__main__":
    WALFERRY = sys.argv.pop(1)
    unittest.main(verbosity=2)
