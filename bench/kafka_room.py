"""What the workloads with Kafka share: a broker, and a Kafka Connect worker, each started when it is first wanted."""
import shutil

from broker import Broker
from connect import Worker


class KafkaRoom:
    def __init__(self, folder, kafka_events):
        self.folder, self._broker, self._worker = folder, None, None
        self.kafka_events = kafka_events

    @property
    def broker(self):
        if self._broker is None:
            self._broker = Broker(self.folder / "kafka", self.kafka_events)
            self._broker.start()
        return self._broker

    @property
    def worker(self):
        if self._worker is None:
            self._worker = Worker(self.folder / "connect", self.broker)
            self._worker.start()
        return self._worker

    def new_worker(self):
        """A JVM's peak of memory is of its whole life: each workload has its own."""
        if self._worker:
            self._worker.stop()
            shutil.rmtree(self._worker.folder)
            self._worker = None

    def running(self):
        """As a ServerClock wants it: the broker, once it is there."""
        return [self._broker] if self._broker else []

    def stop(self):
        self.new_worker()
        if self._broker:
            self._broker.stop()
