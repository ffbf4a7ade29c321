#!/usr/bin/env python3
"""The API against its description: schemathesis asks a running service, with what the description allows and with what it
does not; and what the description can't say is looked at here.

api_test.py WALFERRY"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema_rs

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from service_stand import Stand, eventually  # noqa: E402

DESCRIPTION = HERE.parents[1] / "service/openapi.json"
ROUTE = re.compile(r'\b(Get|Post|Put|Delete|Patch)\(\s*"(/api/[^"]*)"')
TOKEN = "secret"
TABLES = """  - match: public.orders
    mode: upsert
    contract: { columns: { total: { range: [0, null] } } }
  - match: public.*
    targets: [{ mode: upsert }, { mode: scd2 }, { mode: append }]
"""
SOURCE = """
CREATE TABLE orders (id integer PRIMARY KEY, total numeric(10,2), note text);
CREATE TABLE customers (id integer PRIMARY KEY, name text);
"""  # few rows: comparisons are asked for at one row a second, too


def of_warehouse(postgres):
    """The cases, with a warehouse in DuckDB or in PostgreSQL."""
    class Api(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.stand = Stand(WALFERRY)
            cls.addClassCleanup(cls.stand.close)
            cls.stand.sql(SOURCE)
            cls.service = cls.stand.service(tables=TABLES, token=TOKEN, postgres=postgres)
            cls.stand.sql("INSERT INTO orders VALUES (1, -1, 'refused')")
            assert eventually(lambda: cls.service.status()["dead_letters"] == 1)

        def ask(self, method, path, body=None):
            status, _, answer = self.service.request(method, path, body)
            self.assertEqual(status, 200, answer)
            return answer

        def test_every_answer_is_described(self):
            environment = os.environ | {"API_URL": f"http://127.0.0.1:{self.service.port}", "API_TOKEN": TOKEN}
            phases = "examples,coverage" if postgres else "examples,coverage,fuzzing"
            run = subprocess.run(
                [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run", DESCRIPTION,
                 "--no-color", "--phases", phases, "--exclude-path", "/api/v1/events"],
                env=environment, cwd=self.stand.folder, capture_output=True, text=True, timeout=200)
            print(run.stdout if run.returncode else run.stdout[-1500:])
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIsNone(self.service.process.poll())
            self.assertTrue(self.service.streams())

        def test_the_description_is_served(self):
            self.assertEqual(json.loads(self.ask("GET", "/api/v1/openapi.json")), json.loads(DESCRIPTION.read_text()))
            status, headers, _ = self.service.request("GET", "/api/v1/openapi.json", headers={"Authorization": "none"})
            self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"))

        def test_a_dead_letter_is_what_the_description_says(self):
            letters = json.loads(self.ask("GET", "/api/v1/dlq?state=any"))["letters"]
            self.assertEqual(len(letters), 1)
            self.check_schema("Letter", letters[0])

        def test_a_comparison_comes_in_lines_as_described(self):
            lines = [json.loads(line) for line in self.ask("POST", "/api/v1/verify", {"values": True}).splitlines()]
            for line in lines:
                self.check_schema("VerifyLine", line)
            self.assertIn("results", lines[-1])
            self.assertTrue(any("difference" in line for line in lines), "the refused order is missing")

        def check_schema(self, name, value):
            document = json.loads(DESCRIPTION.read_text())
            jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": document["components"]}).validate(value)

    return Api


class DuckDb(of_warehouse(postgres=False)):
    pass


class PostgreSql(of_warehouse(postgres=True)):
    pass


class Description(unittest.TestCase):
    def test_every_route_of_the_service_is_described(self):
        routes = set()
        for source in (HERE.parents[1] / "service").rglob("*.cc"):
            routes |= set(ROUTE.findall(source.read_text()))
        described = {(method.capitalize(), path) for path, methods in json.loads(DESCRIPTION.read_text())["paths"].items()
                     for method in methods}
        self.assertEqual(routes, described)


if __name__ == "__main__":
    WALFERRY = sys.argv.pop(1)
    unittest.main(verbosity=2)
