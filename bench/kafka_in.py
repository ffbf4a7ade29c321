"""Debezium's events on Kafka into a warehouse: walferry, and Debezium's JDBC sink. The workload's tables at the source hold
what the targets have to hold in the end; nobody reads them otherwise."""
import time

from contenders import Contender, WalferryToDuckdb, WalferryToPostgres
from contents import duckdb_execute
from connect import sink_settings
from kafka_table import DUCKDB_ITEM_DDL, ITEM, ITEM_DDL, ITEM_SCHEMA, METADATA_DDL, TICK_SCHEMA, fill_expected
from latency import Latency
from measure import Child, Cost, run_all
from workloads import DUCKDB_MEMORY_MIB, OWN_MEMORY_MIB, Comparison, Workload

TICK_DDL = "(id bigint PRIMARY KEY, sent_at timestamptz)"
TICKS_A_S = 200
P99_MS_MAX = 50
WARM_SHARE = 0.3  # of the timed events, which the sink has applied before


class FromKafka:
    """Mixed into walferry's contenders: one topic as the source, into a table that is there, for events without schema say
    little of types."""

    first_copy_is_timed = True
    more_yaml = "http: { listen: \"127.0.0.1:0\" }\n"
    topic = None

    def source_yaml(self):
        topic = self.topic or self.stage.topic
        return f"kafka: {{ brokers: \"{self.stage.kafka.broker.address}\", topics: [\"{topic}\"] }}"


class KafkaToPostgres(FromKafka, WalferryToPostgres):
    name = "walferry: Kafka → PostgreSQL"
    pipeline = "kafka_postgres"

    def prepare(self):
        super().prepare()
        for table, (ddl, _) in self.stage.tables.items():
            self.session.query(f"CREATE TABLE {table} {ddl[:-1]}{METADATA_DDL}")


class OneWorker(KafkaToPostgres):
    """Its control tables are there."""

    name = "one worker"
    pipeline = "kafka_one"

    def prepare(self):
        super().prepare()
        self.catch_up()


class TwoWorkers(OneWorker):
    name = "two workers"
    pipeline = "kafka_two"

    def run(self):
        command = [self.stage.programs.walferry, "run", self.config, "--until-caught-up"]
        return run_all(lambda: [Child(command, self.log), Child(command, self.log)], self.stage.programs.limit_s)


class KafkaToDuckdb(FromKafka, WalferryToDuckdb):
    name = "walferry: Kafka → DuckDB"
    pipeline = "kafka_duckdb"

    def prepare(self):
        super().prepare()
        duckdb_execute(self.stage.programs.duckdb_library, self.file,
                       f"CREATE SCHEMA IF NOT EXISTS public; CREATE TABLE public.item {DUCKDB_ITEM_DDL}")


class JdbcSink(Contender):
    """In a worker that has applied another topic before. Timed from the request that makes its connector until the last
    event's row is visible; the connector's start is in it, the JVM's is not."""

    name = "Debezium's JDBC sink → PostgreSQL"
    schema = ITEM_SCHEMA
    settings = {}

    @property
    def target(self):
        return f"{self.stage.database}_sink"

    @property
    def session(self):
        return self.stage.warehouse.session(self.target)

    @property
    def worker(self):
        return self.stage.kafka.worker

    def prepare(self):
        self.stage.warehouse.create_database(self.target)
        for table, (ddl, _) in self.stage.tables.items():
            self.session.query(f"CREATE TABLE {table} {ddl}")
        self.apply("warm", self.stage.warm_topic, self.stage.warm_end_id)
        self.session.query("TRUNCATE item")
        self.session.query("VACUUM ANALYZE")

    def apply(self, connector, topic, end_id):
        self.worker.put(connector, sink_settings(topic, self.schema, self.stage.warehouse, self.target, **self.settings))
        there = f"SELECT count(*) FROM item WHERE id = {end_id}"
        self.worker.await_true(connector, lambda: self.session.value(there) == "1", self.stage.programs.limit_s,
                               "all events applied")
        self.worker.delete(connector)

    def run(self):
        cpu_s, begin = self.worker.cpu_s(), time.monotonic()
        self.apply("timed", self.stage.topic, self.stage.end_id)
        return Cost(time.monotonic() - begin, self.worker.cpu_s() - cpu_s, 0.0, self.worker.peak_kib())

    def verify(self):
        self.verify_postgres(self.session)

    def clean_up(self):
        self.stage.warehouse.drop_database(self.target)


def against_sink(rate=None):
    return Comparison(JdbcSink.name, "rate", rate, Comparison(JdbcSink.name, "cpu", None, Comparison(JdbcSink.name, "memory")))


class KafkaIn(Workload):
    name = "kafka_in"
    title = "Debezium's JSON on Kafka, inserts, then half as many updates of random keys"
    members = ((JdbcSink, None, None), (KafkaToPostgres, against_sink(10.0), OWN_MEMORY_MIB),
               (KafkaToDuckdb, against_sink(18.0), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB))
    partitions = 1

    def tables(self):
        return {"item": (ITEM_DDL, ITEM)}

    def fill_topic(self, topic, scale):
        inserts, updates = max(1000, int(1_000_000 * scale)), max(500, int(500_000 * scale))
        self.stage.kafka.broker.fill(topic, inserts, updates)
        return inserts, updates

    def create_topic(self, name):
        topic = f"{self.stage.database}.{name}"
        self.stage.kafka.broker.create_topic(topic, self.partitions)
        return topic

    def prefill(self, session):
        self.stage.topic, self.stage.warm_topic = self.create_topic("item"), self.create_topic("warm")
        self.stage.warm_end_id = self.fill_topic(self.stage.warm_topic, self.scale * WARM_SHARE)[0] + 1

    def produce(self, session):
        inserts, updates = self.fill_topic(self.stage.topic, self.scale)
        self.stage.end_id = inserts + 1
        fill_expected(session, inserts, updates)
        return inserts + updates + 1


class KafkaWorkers(KafkaIn):
    name = "kafka_workers"
    title = "the same on two partitions → PostgreSQL"
    members = ((OneWorker, None, OWN_MEMORY_MIB),
               (TwoWorkers, Comparison(OneWorker.name, "rate", 1.7, Comparison(OneWorker.name, "cpu")), 2 * OWN_MEMORY_MIB))
    partitions = 2

    def prefill(self, session):
        self.stage.topic = self.create_topic("item")


class SinkTicks(JdbcSink):
    """The same JVM as in other workloads, where it took part in them."""

    schema = TICK_SCHEMA

    def prepare(self):
        self.stage.warehouse.create_database(self.target)
        self.session.query(f"CREATE TABLE tick {TICK_DDL}")

    def begin(self):
        self.cpu_before_s, self.next_look = self.worker.cpu_s(), 0.0
        self.worker.put("tick", sink_settings(self.stage.topic, self.schema, self.stage.warehouse, self.target))

    def watch(self):
        if time.monotonic() > self.next_look:
            self.worker.await_running("tick")
            self.next_look = time.monotonic() + 2

    def finish(self):
        self.worker.delete("tick")
        return Cost(own_cpu_s=self.worker.cpu_s() - self.cpu_before_s, peak_kib=self.worker.peak_kib())


class WalferryTicks(KafkaToPostgres):
    def prepare(self):
        super().prepare()
        self.session.query(f"CREATE TABLE tick {TICK_DDL[:-1]}{METADATA_DDL}")


class KafkaLatency(Latency):
    """From before the event is handed to the producer until its row is visible. Every event has to become visible."""

    name = "kafka_latency"
    title = f"event written → visible in PostgreSQL, {TICKS_A_S} events/s through Kafka"
    members = ((WalferryTicks, None, OWN_MEMORY_MIB), (SinkTicks, None, None))
    next_id = 1

    def tables(self):
        return {}

    def prefill(self, session):
        self.stage.topic = f"{self.stage.database}.tick"
        self.stage.kafka.broker.create_topic(self.stage.topic)

    def load_for(self, contender, seconds):
        self.sent = TICKS_A_S * seconds
        load = self.stage.kafka.broker.tick(self.stage.topic, TICKS_A_S, seconds, self.next_id, contender.log)
        self.next_id += self.sent
        return load

    def warm_tick(self, contender):
        load = self.load_for(contender, 3)
        load.poll(60)
        load.check()
        return self.next_id - 1

    def start_load(self, contender):
        return self.load_for(contender, self.duration_s)

    def sent_after(self, stage, base):
        return self.sent

    def measure(self, contender, servers):
        result = super().measure(contender, servers)
        if isinstance(contender, WalferryTicks):
            result.notes = (("", f"p99 ≤ {P99_MS_MAX} ms", result.latency_ms[1] <= P99_MS_MAX),)
        return result
