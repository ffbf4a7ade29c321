"""Who takes part: walferry into either warehouse, and those it is held against. Each is prepared before the backlog is
made, run once on it, and its target compared with the source."""
import time

from contents import assert_equal, duckdb_fingerprint, postgres_fingerprint
from measure import Child, Cost, Failed, SAMPLE_S, run_all, status_kib
from stage import PUBLICATION, await_true


class LeftOut(Exception):
    """A contender that can't take part here, and why."""


class Contender:
    """`begin` and `finish` enclose a time of streaming, for the latency; `finish` returns what it cost."""

    name = ""

    def __init__(self, stage):
        self.stage = stage
        self.log = stage.folder / f"{type(self).__name__}-{id(self)}.log"

    def prepare(self):
        """Untimed, before the backlog: a slot that starts here, a target that holds what the source holds."""

    def run(self):
        """Timed. Returns Cost; the servers' share is added by the caller."""
        raise NotImplementedError

    def verify(self):
        """Raises Failed when the target differs from the source."""

    def clean_up(self):
        """Drops its target."""

    def verify_postgres(self, session):
        for table, (_, columns) in self.stage.tables.items():
            found = postgres_fingerprint(session, self.relation(table), columns)
            assert_equal(self.name, table, self.stage.expected[table], found)

    def relation(self, table):
        """Where the target has the table's current rows: what stands behind FROM."""
        return f"public.{table}"


class SlotReader(Contender):
    """Reads a slot of its own to the end of the backlog and keeps nothing."""

    slot = ""

    def prepare(self):
        self.stage.session.query(f"SELECT pg_create_logical_replication_slot('{self.slot}', 'pgoutput')")

    def command(self):
        raise NotImplementedError

    def run(self):
        return run_all(lambda: [Child(self.command(), self.log)], self.stage.programs.limit_s)


class PgRecvlogical(SlotReader):
    name = "pg_recvlogical into /dev/null"
    slot = "bench_recvlogical"

    def command(self):
        stage = self.stage
        return [stage.programs.postgres / "pg_recvlogical", "-d", stage.source.connection(stage.database), "--slot", self.slot,
                "--start", "--no-loop", "--file", "/dev/null", "--endpos", stage.end_lsn, "-o", "proto_version=1", "-o",
                f"publication_names={PUBLICATION}"]

    def verify(self):
        read = self.stage.session.value(f"SELECT confirmed_flush_lsn >= '{self.stage.end_lsn}' FROM pg_replication_slots "
                                        f"WHERE slot_name = '{self.slot}'")
        if read != "t":
            raise Failed(f"{self.name} ended before the end of the backlog")


class CaptureNull(SlotReader):
    name = "walferry's capture, batches thrown away"
    slot = "bench_capture_null"

    def command(self):
        stage = self.stage
        return [stage.programs.capture_null, stage.source.connection(stage.database), self.slot, PUBLICATION, stage.end_lsn]

    def verify(self):
        words = self.log.read_text().split()
        events = int(words[words.index("events") + 1])
        if not self.stage.rows <= events <= self.stage.rows + 1:  # the marker may belong to it
            raise Failed(f"{self.name}: {events} events, the backlog has {self.stage.rows}")


class Walferry(Contender):
    """`walferry run --until-caught-up`, the whole process, default settings. Filled by its own first copy."""

    pipeline = ""
    targets = "mode: upsert"
    more_yaml = ""
    first_copy_is_timed = False
    process = None

    def warehouse_yaml(self):
        raise NotImplementedError

    def source_yaml(self):
        return f"postgres: {{ connection: \"{self.stage.source.connection(self.stage.database)}\", copy_workers: 2 }}"

    def prepare(self):
        self.config = self.stage.folder / f"{self.pipeline}.yaml"
        self.config.write_text(
            f"pipeline: {self.pipeline}\n"
            f"source:\n  {self.source_yaml()}\n"
            f"warehouse:\n  {self.warehouse_yaml()}\n"
            f"tables:\n  - {{ match: \"public.*\", {self.targets} }}\n{self.more_yaml}")
        if not self.first_copy_is_timed:
            self.catch_up()

    def run(self):
        return self.catch_up()

    def catch_up(self):
        command = [self.stage.programs.walferry, "run", self.config, "--until-caught-up"]
        return run_all(lambda: [Child(command, self.log)], self.stage.programs.limit_s)

    def begin(self):
        self.process = Child([self.stage.programs.walferry, "run", self.config], self.log)

    def watch(self):
        if self.process.poll():
            raise Failed(f"walferry ended: exit code {self.process.exit_code}\n{self.log.read_text()[-2000:]}")

    def finish(self):
        self.process.stop()
        self.process.check()
        return Cost(own_cpu_s=self.process.cpu_s, peak_kib=self.process.peak_kib)


class WalferryToPostgres(Walferry):
    name = "walferry → PostgreSQL"
    pipeline = "to_postgres"

    @property
    def target(self):
        return f"{self.stage.database}_{self.pipeline}"

    @property
    def session(self):
        return self.stage.warehouse.session(self.target)

    def warehouse_yaml(self):
        return f"postgres: {{ connection: \"{self.stage.warehouse.connection(self.target)}\" }}"

    def prepare(self):
        self.stage.warehouse.create_database(self.target)
        super().prepare()
        self.session.query("VACUUM ANALYZE")

    def verify(self):
        self.verify_postgres(self.session)

    def clean_up(self):
        self.stage.warehouse.drop_database(self.target)


class WalferryToDuckdb(Walferry):
    name = "walferry → DuckDB"
    pipeline = "to_duckdb"

    @property
    def file(self):
        return self.stage.folder / f"{self.pipeline}.duckdb"

    def warehouse_yaml(self):
        return f"duckdb: {{ path: \"{self.file}\" }}"

    def verify(self):
        for table, (_, columns) in self.stage.tables.items():
            found = duckdb_fingerprint(self.stage.programs.duckdb_library, self.file, self.relation(table), columns)
            assert_equal(self.name, table, self.stage.expected[table], found)

    def clean_up(self):
        self.file.unlink(missing_ok=True)


class NativeSubscription(Contender):
    """CREATE SUBSCRIPTION: filled by its own copy, disabled while the backlog is made. Timed from ALTER … ENABLE until the
    marker behind the backlog is visible in the target. Memory is the apply worker's own, without shared buffers."""

    name = "native subscription"
    peak_kib = 0

    @property
    def target(self):
        return f"{self.stage.database}_native"

    @property
    def session(self):
        return self.stage.warehouse.session(self.target)

    @property
    def subscription(self):
        return f"{self.stage.database}_native"

    def prepare(self):
        stage = self.stage
        stage.warehouse.create_database(self.target)
        for name, (ddl, _) in stage.tables.items():
            self.session.query(f"CREATE TABLE {name} {ddl}")
        options = f" WITH ({stage.programs.subscription_options})" if stage.programs.subscription_options else ""
        self.session.query(f"CREATE SUBSCRIPTION {self.subscription} CONNECTION '{stage.source.connection(stage.database)}' "
                           f"PUBLICATION {PUBLICATION}{options}")
        ready = "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"
        await_true(lambda: self.session.value(ready) == "t", stage.programs.limit_s, "the subscription's first copy")
        self.disable()
        self.session.query("VACUUM ANALYZE")

    def disable(self):
        self.session.query(f"ALTER SUBSCRIPTION {self.subscription} DISABLE")
        idle = f"SELECT NOT active FROM pg_replication_slots WHERE slot_name = '{self.subscription}'"
        await_true(lambda: self.stage.session.value(idle) == "t", 60, "the subscription's end")

    def run(self):
        # In sync with what the marker's table holds before, so that only the backlog's marker ends the run.
        marker = self.stage.session.value("SELECT max(id) FROM marker")
        visible = f"SELECT count(*) FROM marker WHERE id = {marker}"
        begin, next_sample, deadline = time.monotonic(), 0.0, time.monotonic() + self.stage.programs.limit_s
        self.begin()
        while self.session.value(visible) == "0":
            if time.monotonic() > next_sample:
                self.watch()
                next_sample = time.monotonic() + SAMPLE_S
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}: not done after {self.stage.programs.limit_s} s")
            time.sleep(0.01)
        wall_s = time.monotonic() - begin
        cost = self.finish()
        cost.wall_s = wall_s
        return cost

    def begin(self):
        self.peak_kib = 0
        self.session.query(f"ALTER SUBSCRIPTION {self.subscription} ENABLE")

    def watch(self):
        for row in self.session.query("SELECT pid FROM pg_stat_subscription WHERE pid IS NOT NULL"):
            self.peak_kib = max(self.peak_kib, status_kib(int(row[0]), "RssAnon"))

    def finish(self):
        self.watch()
        self.disable()
        return Cost(peak_kib=self.peak_kib)

    def verify(self):
        self.verify_postgres(self.session)

    def clean_up(self):
        self.session.query(f"DROP SUBSCRIPTION {self.subscription}")
        self.stage.warehouse.drop_database(self.target)
