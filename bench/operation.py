"""What operating costs: a resync beside a stream, comparing both sides, and doing nothing at all."""
import http.client
import json
import statistics
import time

from contenders import WalferryToDuckdb, WalferryToPostgres
from measure import Child, Cost, Failed, ServerClock, cpu_s, status_kib
from servers import free_port
from stage import ITEM, ITEM_DDL, MARKER, MARKER_DDL, await_true
from workloads import DUCKDB_MEMORY_MIB, OWN_MEMORY_MIB, Comparison, Workload, fill

RATE_PER_S = 1000
CLIENTS = 4
LAG_S_MAX, ANSWER_MS_MAX = 5, 50
IDLE_S, IDLE_SHARE_MAX, IDLE_MIB_MAX = 20, 0.005, 40
VERIFIED_A_CORE_MIN = 1e6
SETTLE_S = 120
TICK_DDL = "(id bigserial PRIMARY KEY, sent_at timestamptz)"
TICK = {"id": "plain", "sent_at": "instant"}
# About 100 bytes a row.
BRIEF_DDL = "(id bigint PRIMARY KEY, name text, n integer, note text)"
BRIEF = {"id": "plain", "name": "plain", "n": "plain", "note": "plain"}
BRIEF_ROW = "i, 'customer ' || i, (i % 1000000)::int, md5(i::text) || md5((i + 1)::text)"


class Served:
    """Mixed into a walferry contender: its service, and what the service says of itself."""

    def prepare(self):
        self.port, self.answers_ms, self.lags_s, self.notes = free_port(), [], [], []
        self.more_yaml = f"http: {{ listen: \"127.0.0.1:{self.port}\" }}\n"
        super().prepare()

    def status(self):
        begin = time.monotonic()
        service = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        service.request("GET", "/api/v1/status")
        status = json.loads(service.getresponse().read())
        service.close()
        self.answers_ms.append((time.monotonic() - begin) * 1000)
        self.lags_s.append(status["lag_seconds"] or 0)
        return status

    def streams(self):
        self.watch()
        try:
            status = self.status()
        except OSError:
            return False
        return status["state"] == "streaming" and all(t["state"] == "streaming" for t in status["tables"])

    def passed(self, lsn):
        return self.stage.session.value(f"SELECT pg_lsn '{self.status()['checkpoint_lsn']}' >= pg_lsn '{lsn}'") == "t"

    def catches_up(self):
        end = self.stage.session.value("SELECT pg_current_wal_flush_lsn()")
        await_true(lambda: self.passed(end), SETTLE_S, f"{self.name} caught up", 0.1)

    def begin_streaming(self):
        self.begin()
        await_true(self.streams, SETTLE_S, f"{self.name} streaming", 0.1)
        self.catches_up()  # with what came for the others' sake
        self.answers_ms.clear()
        self.lags_s.clear()

    def command(self, *words):
        return Child([self.stage.programs.walferry, words[0], self.config, *words[1:]], self.log)

    def end(self, cost):
        """All that was written meanwhile is applied, then the service ends."""
        self.stage.note_contents()
        self.catches_up()
        own = self.finish()
        cost.own_cpu_s, cost.peak_kib = own.own_cpu_s, own.peak_kib
        return cost


class Beside(Served):
    """Something with the large tables, while another one gets transactions."""

    def load(self):
        script = self.stage.folder / "tick.sql"
        script.write_text("INSERT INTO tick (sent_at) VALUES (clock_timestamp());\n")
        return Child([self.stage.programs.postgres / "pgbench", "-n", "-M", "prepared", "-f", script, "-c", CLIENTS, "-j", "1",
                      "--rate", RATE_PER_S, "-T", "3600", self.stage.source.connection(self.stage.database)], self.log)


class CopyBeside(Beside):
    """The first copy, to hold the resync against."""

    first_copy_is_timed = True

    def run(self):
        load = self.load()
        time.sleep(1)
        begin = time.monotonic()
        self.begin()
        await_true(self.streams, self.stage.programs.limit_s, f"{self.name} streaming", 0.05)
        wall_s = time.monotonic() - begin
        load.stop()
        return self.end(Cost(wall_s=wall_s))


class CopyBesideInPostgres(CopyBeside, WalferryToPostgres):
    name = "copy beside → PostgreSQL"
    pipeline = "copy_postgres"


class CopyBesideInDuckdb(CopyBeside, WalferryToDuckdb):
    name = "copy beside → DuckDB"
    pipeline = "copy_duckdb"


class Resync(Beside):
    """`walferry resync`."""

    def run(self):
        stage = self.stage
        self.begin_streaming()
        load = self.load()
        begin = time.monotonic()
        resync = self.command("resync", "public.item", "public.brief")
        while not resync.poll():
            self.watch()
            self.status()
            if time.monotonic() > begin + stage.programs.limit_s:
                raise Failed(f"{self.name}: not done after {stage.programs.limit_s} s")
            time.sleep(0.05)
        wall_s = time.monotonic() - begin
        resync.check()
        answers_ms, lag_s = statistics.quantiles(self.answers_ms, n=100, method="inclusive")[98], max(self.lags_s)
        load.stop()
        self.notes = [(f"lag of the others {lag_s:.1f} s at most", f"≤ {LAG_S_MAX} s", lag_s <= LAG_S_MAX),
                      (f"status p99 {answers_ms:.0f} ms", f"≤ {ANSWER_MS_MAX} ms", answers_ms <= ANSWER_MS_MAX)]
        return self.end(Cost(wall_s=wall_s))


class ResyncInPostgres(Resync, WalferryToPostgres):
    name = "resync → PostgreSQL"
    pipeline = "resync_postgres"


class ResyncInDuckdb(Resync, WalferryToDuckdb):
    name = "resync → DuckDB"
    pipeline = "resync_duckdb"


class Verify(Served):
    """`walferry verify` of a large table through the service. Its CPU time is told by side."""

    def run(self):
        stage = self.stage
        self.begin_streaming()
        own_before, begin = cpu_s(self.process.pid), time.monotonic()
        sides = {server: self.spent(server) for server in (stage.source, stage.warehouse)}
        verify = self.command("verify", "public.brief")
        while not verify.poll():
            time.sleep(0.01)
        wall_s = time.monotonic() - begin
        verify.check()
        rows = int(stage.session.value("SELECT count(*) FROM brief"))
        at_source = rows / (self.spent(stage.source) - sides[stage.source])
        at_target = rows / self.target_s(own_before, sides)
        self.notes = [(f"source {at_source:,.0f}, target {at_target:,.0f} rows/s a core", f"≥ {VERIFIED_A_CORE_MIN:,.0f}",
                       min(at_source, at_target) >= VERIFIED_A_CORE_MIN)]
        return self.end(Cost(wall_s=wall_s))

    @staticmethod
    def spent(server):
        return ServerClock([server], list(server.sessions.values())).begin


class VerifyInPostgres(Verify, WalferryToPostgres):
    name = "verify, PostgreSQL"
    pipeline = "verify_postgres"

    def target_s(self, _, sides):
        return self.spent(self.stage.warehouse) - sides[self.stage.warehouse]


class VerifyInDuckdb(Verify, WalferryToDuckdb):
    name = "verify, DuckDB"
    pipeline = "verify_duckdb"

    def target_s(self, own_before, _):
        return cpu_s(self.process.pid) - own_before


class IdleInPostgres(Served, WalferryToPostgres):
    """A service to which nothing comes."""

    name = "idle → PostgreSQL"
    pipeline = "idle_postgres"

    def run(self):
        self.begin_streaming()
        time.sleep(2)
        before = cpu_s(self.process.pid)
        time.sleep(IDLE_S)
        share = (cpu_s(self.process.pid) - before) / IDLE_S
        mib = status_kib(self.process.pid, "VmRSS") / 1024
        self.notes = [(f"{share:.2%} of a core, {mib:.0f} MiB", f"≤ {IDLE_SHARE_MAX:.1%}, ≤ {IDLE_MIB_MAX} MiB",
                       share <= IDLE_SHARE_MAX and mib <= IDLE_MIB_MAX)]
        return self.end(Cost(wall_s=IDLE_S))


class Operation(Workload):
    name = "operation"
    title = f"resync of two tables while another gets {RATE_PER_S:,} transactions/s; verify; nothing"
    members = ((CopyBesideInPostgres, None, None), (CopyBesideInDuckdb, None, None),
               (ResyncInPostgres, Comparison(CopyBesideInPostgres.name, "rate", 0.7), OWN_MEMORY_MIB),
               (ResyncInDuckdb, Comparison(CopyBesideInDuckdb.name, "rate", 0.7), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
               (VerifyInPostgres, None, OWN_MEMORY_MIB), (VerifyInDuckdb, None, OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
               (IdleInPostgres, None, None))

    def tables(self):
        return {"item": (ITEM_DDL, ITEM), "brief": (BRIEF_DDL, BRIEF), "tick": (TICK_DDL, TICK), "marker": (MARKER_DDL, MARKER)}

    def prefill(self, session):
        fill(session, "item", self.scaled(1_000_000))
        session.query(f"INSERT INTO brief SELECT {BRIEF_ROW} FROM generate_series(1, {self.scaled(1_000_000)}::bigint) i")

    def produce(self, session):
        return sum(int(session.value(f"SELECT count(*) FROM {table}")) for table in ("item", "brief"))
