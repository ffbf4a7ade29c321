"""Queries over HTTP as a role of their own.

    python sql_role_test.py PATH_TO_WALFERRY
"""
import json
import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from support.service_stand import Stand  # noqa: E402


class SqlRoleTest(unittest.TestCase):
    def ask(self, service, query):
        """Status and the first value, or the message."""
        status, _, body = service.request("POST", "/api/v1/sql", {"query": query})
        answer = json.loads(body)
        return status, answer["rows"][0][0] if status == 200 else answer["error"]

    def test_a_query_is_the_role(self):
        with Stand(BINARY) as stand:
            stand.sql("CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (7)")
            stand.sql("CREATE ROLE reader LOGIN")
            service = stand.service(postgres=True, http=", sql_role: reader")
            stand.sql("GRANT SELECT ON public.t TO reader", "warehouse")
            self.assertEqual(self.ask(service, "SELECT current_user || session_user"), (200, "readerreader"))
            self.assertEqual(self.ask(service, "SELECT id FROM t"), (200, "7"))
            for query in ("SELECT * FROM walferry.checkpoint",
                          "SELECT set_config('role', 'loader', false), query_to_xml('TABLE walferry.checkpoint', true, true, '')",
                          "SELECT set_config('role', 'none', false), query_to_xml('TABLE walferry.checkpoint', true, true, '')"):
                status, message = self.ask(service, query)
                self.assertNotEqual(status, 200, query)
                self.assertIn("permission denied", message)
            stand.sql("ALTER ROLE reader SUPERUSER")
            status, message = self.ask(service, "SELECT 1")
            self.assertEqual(status, 403)
            self.assertIn("superuser", message)
            stand.sql("ALTER ROLE reader NOSUPERUSER NOLOGIN")
            status, message = self.ask(service, "SELECT 1")
            self.assertNotEqual(status, 200)
            self.assertIn("not permitted to log in", message)
            # The stream has its own role all the while.
            stand.sql("INSERT INTO t VALUES (8)")
            self.assertTrue(service.streams())


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=2)
