"""Where one round of a workload takes place: a database at the source, the tables in it, and the programs that take part."""
import contextlib
import pathlib
import time
from dataclasses import dataclass, field

from contents import postgres_fingerprint
from measure import Failed
from servers import Server
from session import ServerRefused

PUBLICATION = "bench"
ITEM = {"id": "plain", "name": "plain", "amount": "plain", "at": "instant", "flag": "flag", "note": "plain", "n": "plain",
        "d": "date"}
ITEM_DDL = ("(id bigint PRIMARY KEY, name text, amount numeric(12,2), at timestamptz, flag boolean, note text, n integer, "
            "d date)")
MARKER = {"id": "plain"}
MARKER_DDL = "(id bigint PRIMARY KEY)"


@dataclass
class Programs:
    """What is run: our two executables, DuckDB's library, and where PostgreSQL's programs are."""

    walferry: pathlib.Path
    capture_null: pathlib.Path
    duckdb_library: pathlib.Path
    postgres: pathlib.Path
    subscription_options: str
    limit_s: float


@dataclass
class Stage:
    """`tables` maps names to (DDL, kinds of columns); `expected` to what the source holds once the backlog is made. `kafka` is
    the KafkaRoom of the workloads that want one, `topic` and `warm_topic` theirs, `end_id` and `warm_end_id` the keys of the
    last rows in them."""

    source: Server
    warehouse: Server
    database: str
    folder: pathlib.Path
    programs: Programs
    tables: dict
    expected: dict = field(default_factory=dict)
    end_lsn: str = ""
    rows: int = 0
    kafka: object = None
    topic: str = ""
    warm_topic: str = ""
    end_id: int = 0
    warm_end_id: int = 0

    @property
    def session(self):
        return self.source.session(self.database)

    def set_up(self):
        self.folder.mkdir()
        self.source.create_database(self.database)
        for name, (ddl, _) in self.tables.items():
            self.session.query(f"CREATE TABLE {name} {ddl}")
        self.session.query(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES")

    def note_end(self):
        """After the backlog: where it ends, and a marker behind it that every reader comes upon without waiting."""
        self.end_lsn = self.session.value("SELECT pg_current_wal_insert_lsn()")
        if "marker" in self.tables:
            self.session.query("INSERT INTO marker SELECT coalesce(max(id), 0) + 1 FROM marker")
        self.note_contents()

    def note_contents(self):
        for name, (_, columns) in self.tables.items():
            self.expected[name] = postgres_fingerprint(self.session, f"public.{name}", columns)

    def even_out(self):
        """Before a timed run: nothing of what came before is left to write."""
        self.source.checkpoint()
        self.warehouse.checkpoint()

    def tear_down(self):
        slots = f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '{self.database}'"
        await_true(lambda: _succeeds(self.session, slots), 30, "slots free to be dropped")
        self.source.drop_database(self.database)


def _succeeds(session, sql):
    with contextlib.suppress(ServerRefused):
        session.query(sql)
        return True
    return False


def await_true(condition, limit_s, what, pause_s=0.01):
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {limit_s} s for: {what}")
        time.sleep(pause_s)
