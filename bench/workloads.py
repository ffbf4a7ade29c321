"""What is measured: the backlogs and the initial copy, who takes part in each, and which ratio counts."""
from dataclasses import dataclass

from contenders import CaptureNull, NativeSubscription, PgRecvlogical, WalferryToDuckdb, WalferryToPostgres
from copy_by_hand import CopyByHand
from history import HistoryInDuckdb, HistoryInPostgres, LogInDuckdb, LogInPostgres, ThreeInDuckdb, ThreeInPostgres
from measure import Cost
from refusals import ContractInDuckdb, ContractInPostgres, PoisonInDuckdb, PoisonInPostgres
from stage import ITEM, ITEM_DDL, MARKER, MARKER_DDL

OWN_MEMORY_MIB = 256
DUCKDB_MEMORY_MIB = 512  # the default of warehouse.duckdb.memory_limit

# About 190 bytes a row as pgoutput sends it.
ROW = ("i, 'customer ' || i, i * 1.25, timestamptz '2026-01-01 00:00:00Z' + i * interval '1.000001 s', i % 2 = 0, "
       "md5(i::text) || md5((i + 1)::text), (i % 1000000)::int, date '2026-01-01' + (i % 1000)::int")
CHANGE = "amount = amount + 1, note = reverse(note), n = n + 1"


@dataclass
class Comparison:
    """Against whom, by `rate` (more is better) or `time`, `cpu`, `memory`, `p50` (less is better), and the target; None where
    there is none. `also`: what it is held against as well."""

    rival: str
    by: str
    target: float | None = None
    also: "Comparison | None" = None


@dataclass
class Result:
    workload: str
    contender: str
    rows: int
    cost: Cost
    comparison: Comparison | None = None
    memory_mib_max: int | None = None
    latency_ms: tuple | None = None  # p50, p99
    notes: tuple = ()  # more that was measured, what was wanted, and whether it was met


def fill(session, table, rows):
    session.query(f"INSERT INTO {table} SELECT {ROW} FROM generate_series(1, {rows}::bigint) i")


def transactions(session, count, statement):
    """Runs the statement in `count` transactions, k counting them from 0; returns how many rows it touched."""
    session.query("SET synchronous_commit = off")
    session.query(
        "DO $$ DECLARE touched bigint; total bigint := 0; BEGIN PERFORM setseed(0.5); "
        f"FOR k IN 0..{count - 1} LOOP {statement}; GET DIAGNOSTICS touched = ROW_COUNT; total := total + touched; COMMIT; "
        "END LOOP; PERFORM set_config('bench.rows', total::text, false); END $$")
    return int(session.value("SELECT current_setting('bench.rows')"))


def inserts(session, first, rows, size):
    series = f"generate_series({first} + k * {size}::bigint, {first} + k * {size}::bigint + {size - 1}) i"
    return transactions(session, max(1, rows // size), f"INSERT INTO item SELECT {ROW} FROM {series}")


def updates(session, keys, rows, size):
    """Of random keys, each at most once in a transaction."""
    chosen = f"ARRAY(SELECT 1 + floor(random() * {keys})::bigint FROM generate_series(1, {size}))"
    return transactions(session, max(1, rows // size), f"UPDATE item SET {CHANGE} WHERE id = ANY ({chosen})")


class Workload:
    """`prefill` says what the tables hold before anyone is prepared, `produce` makes what is timed, returning its rows.
    `members` are the contenders with their comparison and memory limit."""

    name = title = ""
    members = ()

    def __init__(self, scale):
        self.scale, self.stage = scale, None  # the stage is there from prefill on

    def scaled(self, rows):
        return max(1000, int(rows * self.scale))

    def tables(self):
        return {"item": (ITEM_DDL, ITEM), "marker": (MARKER_DDL, MARKER)}

    def prefill(self, session):
        pass

    def produce(self, session):
        raise NotImplementedError


def walferry_members(postgres_target=None, duckdb_target=None):
    return ((WalferryToPostgres, Comparison(NativeSubscription.name, "rate", postgres_target), OWN_MEMORY_MIB),
            (WalferryToDuckdb, Comparison(PgRecvlogical.name, "rate", duckdb_target), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
            (NativeSubscription, None, None), (PgRecvlogical, None, None))


class Capture(Workload):
    name = "capture"
    title = "inserts, then half as many updates of random keys; 1,000 a transaction"
    members = ((PgRecvlogical, None, None),
               (CaptureNull, Comparison(PgRecvlogical.name, "time", 1.05), OWN_MEMORY_MIB),
               (WalferryToDuckdb, Comparison(PgRecvlogical.name, "rate", 0.8), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB))

    def produce(self, session):
        keys = inserts(session, 1, self.scaled(1_000_000), 1000)
        return keys + updates(session, keys, self.scaled(500_000), 1000)


class Inserts(Workload):
    name = "inserts"
    title = "inserts, 1,000 a transaction"
    members = walferry_members(3.0, 0.8)

    def produce(self, session):
        return inserts(session, 1, self.scaled(1_000_000), 1000)


class Updates(Workload):
    name = "updates"
    title = "updates of random keys, 1,000 a transaction"
    members = walferry_members(2.0, 0.8)

    def prefill(self, session):
        fill(session, "item", self.scaled(1_000_000))

    def produce(self, session):
        return updates(session, self.scaled(1_000_000), self.scaled(500_000), 1000)


class Small(Workload):
    name = "small"
    title = "transactions of 1 row, inserts and updates of random keys in turn"
    members = walferry_members(3.0)

    def prefill(self, session):
        fill(session, "item", self.scaled(100_000))

    def produce(self, session):
        keys = self.scaled(100_000)
        return transactions(session, self.scaled(200_000),
                            f"IF k % 2 = 0 THEN INSERT INTO item SELECT {ROW} FROM (SELECT {keys} + 1 + k / 2::bigint AS i) x; "
                            f"ELSE UPDATE item SET {CHANGE} WHERE id = (SELECT 1 + floor(random() * {keys})::bigint); END IF")


class Hot(Workload):
    name = "hot"
    title = "updates of 1,000 hot keys, 100 a transaction"
    members = walferry_members(5.0)

    def prefill(self, session):
        fill(session, "item", 1000)

    def produce(self, session):
        keys = "ARRAY(SELECT (1 + j * 10 + k % 10)::bigint FROM generate_series(0, 99) j)"
        return transactions(session, self.scaled(500_000) // 100, f"UPDATE item SET {CHANGE} WHERE id = ANY ({keys})")


class Large(Workload):
    name = "large"
    title = "inserts in one transaction"
    members = walferry_members()

    def produce(self, session):
        rows = self.scaled(2_000_000)
        fill(session, "item", rows)
        return rows


class TimedWalferryToPostgres(WalferryToPostgres):
    first_copy_is_timed = True


class TimedWalferryToDuckdb(WalferryToDuckdb):
    first_copy_is_timed = True


class InitialCopy(Workload):
    name = "copy"
    title = "initial copy, a large table and four of 1,000 rows, 2 workers"
    members = ((CopyByHand, None, None),
               (TimedWalferryToPostgres, Comparison(CopyByHand.name, "rate", 0.95), OWN_MEMORY_MIB),
               (TimedWalferryToDuckdb, Comparison(CopyByHand.name, "rate", 0.95), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB))

    def tables(self):
        small = {f"small_{number}": (ITEM_DDL, ITEM) for number in range(1, 5)}
        return {"item": (ITEM_DDL, ITEM), **small, "marker": (MARKER_DDL, MARKER)}

    def prefill(self, session):
        fill(session, "item", self.scaled(5_000_000))
        for number in range(1, 5):
            fill(session, f"small_{number}", 1000)

    def produce(self, session):
        return int(session.value("SELECT count(*) FROM item")) + 4000


class Targets(Capture):
    name = "targets"
    title = "as capture; history and change log beside upsert"
    members = ((WalferryToPostgres, None, None),
               (HistoryInPostgres, Comparison(WalferryToPostgres.name, "rate", 0.5), OWN_MEMORY_MIB),
               (LogInPostgres, Comparison(WalferryToPostgres.name, "rate", 0.5), OWN_MEMORY_MIB),
               (ThreeInPostgres, Comparison(WalferryToPostgres.name, "rate", 0.35), OWN_MEMORY_MIB),
               (WalferryToDuckdb, None, None),
               (HistoryInDuckdb, Comparison(WalferryToDuckdb.name, "rate", 0.5), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
               (LogInDuckdb, Comparison(WalferryToDuckdb.name, "rate", 0.5), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
               (ThreeInDuckdb, Comparison(WalferryToDuckdb.name, "rate", 0.35), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB))


class Refusals(Workload):
    name = "refusals"
    title = "inserts, 1,000 a transaction, of which a target refuses one in 100,000"
    members = ((WalferryToPostgres, None, None),
               (PoisonInPostgres, Comparison(WalferryToPostgres.name, "rate", 0.5), OWN_MEMORY_MIB),
               (ContractInPostgres, Comparison(WalferryToPostgres.name, "rate", 0.9), OWN_MEMORY_MIB),
               (WalferryToDuckdb, None, None),
               (PoisonInDuckdb, Comparison(WalferryToDuckdb.name, "rate", 0.5), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB),
               (ContractInDuckdb, Comparison(WalferryToDuckdb.name, "rate", 0.9), OWN_MEMORY_MIB + DUCKDB_MEMORY_MIB))

    def produce(self, session):
        row = ROW.replace("md5(i::text) || md5((i + 1)::text)",
                          "CASE WHEN i % 100000 <> 50000 THEN md5(i::text) || md5((i + 1)::text) END")
        series = "generate_series(1 + k * 1000::bigint, (k + 1) * 1000::bigint) i"
        return transactions(session, self.scaled(1_000_000) // 1000, f"INSERT INTO item SELECT {row} FROM {series}")


BACKLOGS_AND_COPY = (Capture, Inserts, Updates, Small, Hot, Large, InitialCopy, Targets, Refusals)
