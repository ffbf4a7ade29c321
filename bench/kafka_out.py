"""A backlog of PostgreSQL into Kafka as Debezium's events: walferry's publisher, Debezium's PostgreSQL connector, and what one
walsender gives at most."""
import time

from connect import source_settings
from contenders import Contender, LeftOut, PgRecvlogical
from kafka_in import KafkaToPostgres
from measure import Child, Cost, Failed, run_all
from stage import ITEM_DDL, PUBLICATION, await_true
from workloads import Capture, Comparison, inserts, updates

WARM_ROWS = 400_000
PREFIX = "bench"


class Publisher(Contender):
    """Its topic is verified by walferry, which applies it to a table that is then compared with the source."""

    prefix = ""

    @property
    def slot(self):
        return f"{self.stage.database}_{self.prefix}"

    @property
    def topic(self):
        return f"{self.slot}.public.item"

    def verify(self):
        found = self.stage.kafka.broker.count(self.topic)
        if found != self.stage.rows:
            raise Failed(f"{self.name}: {found} events in {self.topic}, the backlog has {self.stage.rows}")
        applied = KafkaToPostgres(self.stage)
        applied.pipeline, applied.topic, applied.name = f"{self.prefix}_applied", f"{self.slot}.public.*", f"{self.name}, applied"
        applied.prepare()
        applied.run()
        applied.verify()
        applied.clean_up()


class DebeziumSource(Publisher):
    """In a worker that has streamed from another database before. Timed from the request that lets its connector go on until
    the last event is in Kafka; the connector's start is in it, the JVM's is not."""

    name = "Debezium's PostgreSQL connector"
    prefix = "debezium"

    @property
    def worker(self):
        return self.stage.kafka.worker

    def start(self, connector, database, prefix):
        """The connector has a slot of its own, and streams."""
        session = self.stage.source.session(database)
        self.stage.kafka.broker.create_topic(f"{prefix}.public.item")
        self.stage.kafka.broker.create_topic(f"{prefix}.public.marker")
        session.query(f"SELECT pg_create_logical_replication_slot('{prefix}', 'pgoutput')")
        self.worker.put(connector, source_settings(self.stage.source, database, prefix, prefix))
        self.worker.await_running(connector)
        active = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{prefix}'"
        await_true(lambda: session.value(active) == "t", 60, "Debezium to stream")
        session.query("INSERT INTO marker VALUES (-1)")
        self.stage.kafka.broker.await_records(f"{prefix}.public.marker", 1, 60)
        session.query("DELETE FROM marker WHERE id = -1")

    def prepare(self):
        self.warm()
        self.start("timed", self.stage.database, self.slot)
        self.worker.ask("PUT", "/connectors/timed/stop")
        idle = f"SELECT NOT active FROM pg_replication_slots WHERE slot_name = '{self.slot}'"
        await_true(lambda: self.stage.session.value(idle) == "t", 60, "Debezium's end")

    def warm(self):
        database, rows = f"{self.stage.database}_warm", int(WARM_ROWS * min(1.0, self.stage.scale))
        self.stage.source.create_database(database)
        session = self.stage.source.session(database)
        session.query(f"CREATE TABLE item {ITEM_DDL}")
        session.query("CREATE TABLE marker (id bigint PRIMARY KEY)")
        session.query(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES")
        self.start("warm", database, database)
        written = inserts(session, 1, rows, 1000)
        written += updates(session, written, rows // 2, 1000)
        self.stage.kafka.broker.await_records(f"{database}.public.item", written, self.stage.programs.limit_s)
        self.worker.delete("warm")
        drop = f"SELECT pg_drop_replication_slot('{database}') FROM pg_replication_slots WHERE slot_name = '{database}' AND NOT active"
        await_true(lambda: session.query(drop), 60, "Debezium's end")
        self.stage.source.drop_database(database)

    def run(self):
        cpu_s, begin = self.worker.cpu_s(), time.monotonic()
        self.worker.ask("PUT", "/connectors/timed/resume")
        self.stage.kafka.broker.await_records(self.topic, self.stage.rows, self.stage.programs.limit_s)
        cost = Cost(time.monotonic() - begin, self.worker.cpu_s() - cpu_s, 0.0, self.worker.peak_kib())
        self.worker.look("timed")
        self.worker.delete("timed")
        return cost


class WalferryPublisher(Publisher):
    """`walferry run --until-caught-up`, the whole process. Left out where the binary refuses `publish.kafka`."""

    name = "walferry: PostgreSQL → Kafka"
    prefix = "walferry"

    def prepare(self):
        stage = self.stage
        self.config = stage.folder / "publish.yaml"
        self.config.write_text(
            f"pipeline: publish\nsource:\n  postgres: {{ connection: \"{stage.source.connection(stage.database)}\" }}\n"
            f"publish:\n  kafka: {{ brokers: \"{stage.kafka.broker.address}\", topic_prefix: \"{self.slot}\", slot: \"{self.slot}\", "
            f"publication: {PUBLICATION}, snapshot: never, properties: {{ compression.type: lz4, linger.ms: 20 }} }}\n"
            "tables:\n  - { match: \"public.*\" }\nhttp: { listen: \"127.0.0.1:0\" }\n")
        try:
            self.run()
        except Failed as refused:
            said = self.log.read_text()
            if "publish.kafka" in said and "this build" in said:
                raise LeftOut(f"this walferry can't publish yet: {said.strip().splitlines()[-1]}") from None
            raise refused

    def run(self):
        command = [self.stage.programs.walferry, "run", self.config, "--until-caught-up"]
        return run_all(lambda: [Child(command, self.log)], self.stage.programs.limit_s)


class KafkaOut(Capture):
    name = "kafka_out"
    title = "PostgreSQL → Kafka as Debezium's JSON, as capture"
    members = ((PgRecvlogical, None, None), (DebeziumSource, Comparison(PgRecvlogical.name, "time"), None),
               (WalferryPublisher,
                Comparison(PgRecvlogical.name, "time", 1.25,
                           Comparison(DebeziumSource.name, "cpu", 1 / 8, Comparison(DebeziumSource.name, "memory", 1 / 25))),
                None))

    def prefill(self, session):
        self.stage.scale = self.scale
