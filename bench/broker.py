"""A throw-away Kafka broker of one node on free ports of 127.0.0.1, from .deps/kafka, and what bench/kafka_events does with it."""
import pathlib
import signal
import subprocess

from measure import Child, Failed, tail
from servers import free_port
from stage import await_true

ROOT = pathlib.Path(__file__).resolve().parents[1]
JARS = ROOT / ".deps/kafka/lib"
CLUSTER = "AAAAAAAAAAAAAAAAAAAAAQ"
START_S = 120
# A broker of its own for a few topics. What a producer or a reader may tune is as Kafka has it.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.ms": "-1",
    "log.cleaner.dedupe.buffer.size": "8388608",
}


def java(heap, classpath, *arguments):
    return ["java", *heap, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp",
            classpath, *arguments]


class Broker:
    """`start` it inside of a try whose finally calls `stop`. It looks to a ServerClock like a server without sessions."""

    sessions = {}

    def __init__(self, folder, kafka_events):
        self.folder, self.kafka_events, self.process = pathlib.Path(folder), kafka_events, None
        self.address = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        if not JARS.exists():
            raise Failed("no Kafka in .deps/kafka: run scripts/deps debezium")
        self.folder.mkdir()
        port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{port}"
        own = {"listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}",
               "advertised.listeners": f"PLAINTEXT://{self.address}", "log.dirs": self.folder / "data",
               "controller.quorum.voters": f"1@127.0.0.1:{controller}"}
        settings, log = self.folder / "server.properties", self.folder / "log"
        settings.write_text("".join(f"{key}={value}\n" for key, value in {**SETTINGS, **own}.items()))
        jars = f"{JARS}/*"
        made = subprocess.run(java(["-Xmx128m"], jars, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", settings),
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Failed(f"Kafka's StorageTool: {made.stderr}")
        self.process = Child(java(["-Xmx1g", "-XX:+UseG1GC"], jars, "kafka.Kafka", settings), log)
        await_true(self._answers, START_S, f"Kafka to start; {log}", 0.2)

    def _answers(self):
        if self.process.poll():
            raise Failed(f"Kafka did not start:\n{tail(self.folder / 'log')}")
        # Whatever topic: it is the broker that answers.
        return self._events("create", "bench.ready", 1, patience_s=40, check=False).returncode == 0

    def stop(self):
        if self.process:
            self.process.stop(signal.SIGKILL)

    def create_topic(self, topic, partitions=1):
        self._events("create", topic, partitions)

    def fill(self, topic, inserts, updates):
        """One more insert than asked for, at the end, of the key behind the last."""
        return self._events("fill", topic, inserts, updates).stdout.strip()

    def await_records(self, topic, records, limit_s):
        self._events("await", topic, records, patience_s=limit_s)

    def count(self, topic):
        return int(self._events("count", topic).stdout)

    def tick(self, topic, rate, seconds, first, log):
        return Child([self.kafka_events, "tick", self.address, topic, rate, seconds, first], log)

    def _events(self, command, *arguments, patience_s=1800, check=True):
        words = [str(word) for word in (self.kafka_events, command, self.address, *arguments)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=patience_s)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {patience_s} s: {' '.join(words)}") from None
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(words)}: {done.stderr[-2000:]}")
        return done
