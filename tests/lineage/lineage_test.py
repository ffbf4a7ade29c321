"""OpenLineage events of a running pipeline. The judge is OpenLineage's client, whose classes are generated from the
specification's JSON schema: every event has to fit into them, without a field more.

    python lineage_test.py PATH_TO_WALFERRY
"""
import enum
import http.server
import json
import pathlib
import sys
import threading
import types
import typing
import unittest

import attr
from openlineage.client import event_v2
from openlineage.client.generated import (job_type_job, lifecycle_state_change_dataset, output_statistics_output_dataset,
                                          processing_engine_run, schema_dataset)

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from support.service_stand import Stand, eventually  # noqa: E402

FACETS = {
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "schema": schema_dataset.SchemaDatasetFacet,
    "lifecycleStateChange": lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
}


def fitted(kind, value):
    """The value as an object of this kind; raises where it does not fit."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in arguments if option is not type(None)]
        assert len(options) == 1, kind
        return None if value is None else fitted(options[0], value)
    if origin is list:
        return [fitted(arguments[0], item) for item in value]
    if origin is dict:
        return {key: fitted(FACETS[key], facet) for key, facet in value.items()}
    if attr.has(kind):
        hints, fields = typing.get_type_hints(kind), attr.fields_dict(kind)
        words = {}
        for key, item in value.items():
            assert key in fields, f"{kind.__name__} has no field {key}"
            if fields[key].init:
                words[key.lstrip("_")] = fitted(hints[key], item)
            else:
                assert item == kind._get_schema(), f"{item} is not {kind._get_schema()}"
        return kind(**words)
    if issubclass(kind, enum.Enum):
        return kind(value)
    assert isinstance(value, kind), f"{value!r} is no {kind}"
    return value


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.asked.append(json.loads(body))
        server.keys.add(self.headers["Authorization"])
        fails = len(server.asked) == 1
        if not fails:
            server.events.append(json.loads(body))
        self.send_response(503 if fails else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Marquez:
    """Takes events; the first one it refuses once."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        self.server.asked, self.server.events, self.server.keys = [], [], set()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def settings(self):
        return f"lineage: {{ url: \"http://127.0.0.1:{self.server.server_port}/api/v1/lineage\", api_key: k3y, namespace: analytics }}\n"

    def of(self, job):
        return [event for event in self.server.events if f".{job}." in event["job"]["name"]]


class LineageTest(unittest.TestCase):
    def check(self, postgres):
        with Stand(BINARY) as stand, Marquez() as marquez:
            stand.sql("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 7) AS i")
            service = stand.service(postgres=postgres, more=marquez.settings())
            self.assertTrue(eventually(lambda: marquez.of("copy")), service.log())
            stand.sql("ALTER TABLE t ADD COLUMN w bigint; INSERT INTO t VALUES (8, 'y', 8)")
            self.assertTrue(eventually(lambda: marquez.of("schema")), service.log())
            self.assertEqual(stand.command("resync", service.config, "public.t").returncode, 0)
            self.assertTrue(eventually(lambda: marquez.of("resync")), service.log())
            self.assertEqual(service.stop(), 0)
            events = marquez.server.events
            for event in events:
                fitted(event_v2.RunEvent, event)
                self.assertEqual(event["eventType"], "COMPLETE")
                self.assertEqual(event["job"]["namespace"], "analytics")
                self.assertEqual(event["inputs"], [{"namespace": f"postgres://127.0.0.1:{stand.port}", "name": "shop.public.t"}])
                target = (f"postgres://127.0.0.1:{stand.port}", "warehouse.public.t") if postgres else \
                    (f"duckdb://{service.duckdb}", "shop.public.t")
                self.assertEqual((event["outputs"][0]["namespace"], event["outputs"][0]["name"]), target)
            # No batch is told, what was refused comes again as the same run, and each run has a name of its own.
            self.assertEqual([event["job"]["name"] for event in events],
                             ["shop.copy.public.t", "shop.schema.public.t", "shop.resync.public.t"])
            self.assertEqual(marquez.server.asked[0], marquez.server.asked[1])
            self.assertEqual(len({event["run"]["runId"] for event in events}), 3)
            self.assertEqual(marquez.server.keys, {"Bearer k3y"})
            copied, changed, resynced = events
            self.assertEqual(copied["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"], 7)
            self.assertEqual(resynced["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"], 8)
            names = [field["name"] for field in changed["outputs"][0]["facets"]["schema"]["fields"]]
            self.assertEqual(set(names), {"id", "v", "w", "_walferry_lsn", "_walferry_synced_at"})

    def test_duckdb(self):
        self.check(postgres=False)

    def test_postgres(self):
        self.check(postgres=True)


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=2)
