"""From the insert at the source (its clock_timestamp(), taken before the commit) to the moment that a query of the target
returns the row. One contender after the other, both watched in the same way."""
import statistics
import time

from contenders import NativeSubscription, WalferryToPostgres
from measure import SAMPLE_S, Child, Failed, ServerClock
from stage import await_true
from workloads import OWN_MEMORY_MIB, Comparison, Result, Workload

RATE_PER_S = 1000
CLIENTS = 8
POLL_PAUSE_S = 0.0005
TICK_DDL = "(id bigserial PRIMARY KEY, sent_at timestamptz)"
TICK = {"id": "plain", "sent_at": "instant"}
SETTLE_S = 60


class Latency(Workload):
    name = "latency"
    title = f"commit → visible in PostgreSQL, {RATE_PER_S:,} transactions/s"
    members = ((WalferryToPostgres, Comparison(NativeSubscription.name, "p50", 1.5), OWN_MEMORY_MIB),
               (NativeSubscription, None, None))

    @property
    def duration_s(self):
        return max(2, int(20 * min(1.0, self.scale)))

    def tables(self):
        return {"tick": (TICK_DDL, TICK)}

    def measure(self, contender, servers):
        """One contender's window. Its streaming is warm before the first tick that counts."""
        stage = contender.stage
        stage.even_out()
        clock = ServerClock(servers, [session for server in servers for session in server.sessions.values()])
        contender.begin()
        warm = self.warm_tick(contender)
        await_true(lambda: _visible(contender, warm), SETTLE_S, f"{contender.name} streaming")
        begin = time.monotonic()
        latencies_ms = self._watch_load(contender, int(warm))
        wall_s = time.monotonic() - begin
        cost = contender.finish()
        cost.wall_s, cost.server_cpu_s = wall_s, clock.spent_s()
        stage.note_contents()
        contender.verify()
        centiles = statistics.quantiles(latencies_ms, n=100, method="inclusive")
        return Result(self.name, contender.name, len(latencies_ms), cost, latency_ms=(centiles[49], centiles[98]))

    def warm_tick(self, contender):
        """Sends something; returns the id that is visible once the contender streams."""
        return contender.stage.session.value("INSERT INTO tick (sent_at) VALUES (clock_timestamp()) RETURNING id")

    def start_load(self, contender):
        stage = contender.stage
        script = stage.folder / "tick.sql"
        script.write_text("INSERT INTO tick (sent_at) VALUES (clock_timestamp());\n")
        return Child([stage.programs.postgres / "pgbench", "-n", "-M", "prepared", "-f", script, "-c", CLIENTS, "-j", "1",
                      "--rate", RATE_PER_S, "-T", self.duration_s, stage.source.connection(stage.database)], contender.log)

    def sent_after(self, stage, base):
        return int(stage.session.value(f"SELECT count(*) FROM tick WHERE id > {base}"))

    def _watch_load(self, contender, low):
        stage, base, load = contender.stage, low, self.start_load(contender)
        latencies_ms, seen, sent, next_sample, deadline = [], set(), None, 0.0, None
        while sent is None or len(latencies_ms) < sent:
            rows = contender.session.query(
                f"SELECT id, extract(epoch FROM sent_at) FROM tick WHERE id > {low} ORDER BY id")
            now = time.time()
            for tick, sent_at in ((int(row[0]), float(row[1])) for row in rows):
                if tick not in seen:
                    seen.add(tick)
                    latencies_ms.append((now - sent_at) * 1000)
            while low + 1 in seen:  # ids may become visible out of order: clients commit side by side
                low += 1
                seen.discard(low)
            if now > next_sample:
                contender.watch()
                next_sample = now + SAMPLE_S
            if sent is None and load.poll():
                load.check()
                sent, deadline = self.sent_after(stage, base), now + SETTLE_S
            if deadline and now > deadline:
                raise Failed(f"{contender.name}: {len(latencies_ms)} of {sent} rows visible {SETTLE_S} s after the load's end")
            time.sleep(POLL_PAUSE_S)
        return latencies_ms


def _visible(contender, tick):
    contender.watch()
    return contender.session.value(f"SELECT count(*) FROM tick WHERE id = {tick}") == "1"
