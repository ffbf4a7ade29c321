"""A Kafka Connect worker with Debezium in it, from .deps/debezium: the source and the sink that walferry is held against,
tuned. A worker outlives its connectors, so that one is timed in a JVM that has done the same work before."""
import json
import pathlib
import time
import urllib.error
import urllib.request

from broker import java
from measure import Child, Failed, cpu_s, status_kib, tail
from servers import free_port
from stage import PUBLICATION, await_true

DEBEZIUM = pathlib.Path(__file__).resolve().parents[1] / ".deps/debezium"
START_S = 180
# What Kafka's own connect-standalone.sh gives the JVM.
HEAP = ["-Xms256m", "-Xmx2g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
        "-XX:+ExplicitGCInvokesConcurrent"]
WORKER = {
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "connector.client.config.override.policy": "All",
    "offset.flush.interval.ms": "10000",
}


class Worker:
    """`start` it inside of a try whose finally calls `stop`."""

    def __init__(self, folder, broker):
        self.folder, self.broker, self.process = pathlib.Path(folder), broker, None
        self.port = None

    def start(self):
        if not (DEBEZIUM / "plugins/sink").exists():
            raise Failed("no Debezium in .deps/debezium: run scripts/deps debezium")
        self.folder.mkdir()
        self.port = free_port()
        settings = {**WORKER, "bootstrap.servers": self.broker.address, "plugin.path": DEBEZIUM / "plugins",
                    "listeners": f"http://127.0.0.1:{self.port}", "offset.storage.file.filename": self.folder / "offsets"}
        file = self.folder / "worker.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        self.log = self.folder / "log"
        self.process = Child(java(HEAP, f"{DEBEZIUM}/worker/*", "org.apache.kafka.connect.cli.ConnectStandalone", file), self.log)
        await_true(self._answers, START_S, "Kafka Connect to start", 0.2)

    def _answers(self):
        if self.process.poll():
            raise Failed(f"Kafka Connect did not start:\n{tail(self.log)}")
        try:
            self.ask("GET", "/connectors")
            return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self):
        if self.process:
            self.process.stop()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def put(self, name, settings):
        """Makes the connector, or starts it anew with these settings."""
        try:
            self.ask("PUT", f"/connectors/{name}/config", settings)
        except urllib.error.HTTPError as refused:
            raise Failed(f"Kafka Connect refuses {name}: {refused.read().decode()}") from None

    def delete(self, name):
        self.ask("DELETE", f"/connectors/{name}")

    def look(self, name):
        """Raises Failed when a task of the connector has failed."""
        for task in self.ask("GET", f"/connectors/{name}/status")["tasks"]:
            if task["state"] == "FAILED":
                causes = [line for line in task["trace"].splitlines() if not line.startswith("\t")]
                raise Failed(f"{name}: " + "\n".join(causes))

    def await_running(self, name):
        def running():
            self.look(name)
            status = self.ask("GET", f"/connectors/{name}/status")
            return status["tasks"] and all(task["state"] == "RUNNING" for task in status["tasks"])

        await_true(running, START_S, f"{name} to run", 0.1)

    def await_true(self, name, condition, limit_s, what):
        """As stage.await_true, with a look at the connector every second."""
        next_look, deadline = 0.0, time.monotonic() + limit_s
        while not condition():
            now = time.monotonic()
            if now > next_look:
                self.look(name)
                next_look = now + 1
            if now > deadline:
                raise Failed(f"{name}: waited {limit_s} s for: {what}\n{tail(self.log)}")
            time.sleep(0.02)

    def cpu_s(self):
        return cpu_s(self.process.pid)

    def peak_kib(self):
        return status_kib(self.process.pid, "VmHWM")


def sink_settings(topic, schema, server, database, **more):
    """The JDBC sink, upserting the topic's events into a table that is there: batches folded by key, one statement each
    (UNNEST). `schema` is what JsonConverter takes the records to have: they come without, as walferry's do."""
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": "1",
        "topics": topic,
        "connection.url": f"jdbc:postgresql://127.0.0.1:{server.port}/{database}?reWriteBatchedInserts=true",
        "connection.username": "postgres",
        "connection.password": "none",
        "insert.mode": "upsert",
        "primary.key.mode": "record_key",
        "delete.enabled": "true",
        "schema.evolution": "none",
        "collection.name.format": "public.${source.table}",
        "use.time.zone": "UTC",
        "use.reduction.buffer": "true",
        "batch.size": "3000",
        "dialect.postgres.unnest.insert.enabled": "true",
        "consumer.override.max.poll.records": "3000",
        "consumer.override.max.partition.fetch.bytes": "16777216",
        "consumer.override.fetch.max.bytes": "67108864",
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "true",
        "key.converter.schema.content": json.dumps(schema["key"]),
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "true",
        "value.converter.schema.content": json.dumps(schema["value"]),
        **more,
    }


def source_settings(server, database, prefix, slot):
    """Debezium's PostgreSQL connector on a slot that is there, with large batches."""
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "plugin.name": "pgoutput",
        "database.hostname": "127.0.0.1",
        "database.port": str(server.port),
        "database.user": "postgres",
        "database.password": "none",
        "database.dbname": database,
        "topic.prefix": prefix,
        "slot.name": slot,
        "publication.name": PUBLICATION,
        "publication.autocreate.mode": "disabled",
        "snapshot.mode": "no_data",
        "max.batch.size": "16384",
        "max.queue.size": "65536",
        "poll.interval.ms": "10",
        "producer.override.compression.type": "lz4",
        "producer.override.linger.ms": "20",
        "producer.override.batch.size": "262144",
    }


def connect_field(name, kind, optional=True, logical=None, **parameters):
    field = {"type": kind, "optional": optional, "field": name}
    if logical:
        field.update(name=logical, version=1)
    if parameters:
        field["parameters"] = parameters
    return field


def envelope_schema(table, key, columns):
    """What Debezium would embed into each record; `key` and `columns` are lists of connect_field's."""

    def struct(fields, name, **more):
        return {"type": "struct", "fields": fields, "optional": False, "name": name, **more}

    def row(field):
        return {**struct(columns, f"shop.public.{table}.Value"), "optional": True, "field": field}

    text = [connect_field(name, "string", optional) for name, optional in
            (("version", False), ("connector", False), ("name", False))]
    source = [*text, connect_field("ts_ms", "int64", False), connect_field("snapshot", "string"), connect_field("db", "string", False),
              connect_field("sequence", "string"), connect_field("ts_us", "int64"), connect_field("ts_ns", "int64"),
              connect_field("schema", "string", False), connect_field("table", "string", False), connect_field("txId", "int64"),
              connect_field("lsn", "int64"), connect_field("xmin", "int64"), connect_field("origin", "string"),
              connect_field("origin_lsn", "int64")]
    transaction = [connect_field("id", "string", False), connect_field("total_order", "int64", False),
                   connect_field("data_collection_order", "int64", False)]
    value = [row("before"), row("after"),
             {**struct(source, "io.debezium.connector.postgresql.Source", version=1), "field": "source"},
             {**struct(transaction, "event.block", version=1), "optional": True, "field": "transaction"},
             connect_field("op", "string", False), connect_field("ts_ms", "int64"), connect_field("ts_us", "int64"),
             connect_field("ts_ns", "int64")]
    return {"key": struct(key, f"shop.public.{table}.Key"),
            "value": struct(value, f"shop.public.{table}.Envelope", version=2)}
