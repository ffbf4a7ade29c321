"""The initial copy as an administrator would do it: COPY TO STDOUT | COPY FROM STDIN, binary, two workers over halves of the
big table, primary keys added when the rows are there."""
import subprocess

from contenders import Contender
from measure import Child, Cost, run_all

WORKERS = 2


class CopyByHand(Contender):
    name = f"COPY TO, COPY FROM by hand, {WORKERS} workers"

    @property
    def target(self):
        return f"{self.stage.database}_hand"

    @property
    def session(self):
        return self.stage.warehouse.session(self.target)

    def prepare(self):
        self.stage.warehouse.create_database(self.target)
        for name, (ddl, _) in self.stage.tables.items():
            self.session.query(f"CREATE TABLE {name} {ddl.replace(' PRIMARY KEY', '')}")

    def run(self):
        pages = int(self.stage.session.value("SELECT pg_relation_size('item') / current_setting('block_size')::int"))
        bounds = [pages * worker // WORKERS for worker in range(WORKERS)] + [2**32 - 1]
        parts = [f"SELECT * FROM item WHERE ctid >= '({first},0)' AND ctid < '({end},0)'"
                 for first, end in zip(bounds, bounds[1:])]
        total = self._pipe([("item", part) for part in parts])
        for table in self.stage.tables:
            if table != "item":
                total = _sum(total, self._pipe([(table, f"SELECT * FROM {table}")]))
        keys = "; ".join(f"ALTER TABLE {table} ADD PRIMARY KEY (id)" for table in self.stage.tables)
        return _sum(total, run_all(lambda: [self._psql(self.stage.warehouse, self.target, keys)], self.stage.programs.limit_s))

    def _psql(self, server, database, sql, **options):
        command = [self.stage.programs.postgres / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.connection(database),
                   "-c", sql]
        return Child(command, self.log, **options)

    def _pipe(self, parts):
        def start():
            family = []
            for table, query in parts:
                reader = self._psql(self.stage.source, self.stage.database, f"COPY ({query}) TO STDOUT (FORMAT binary)",
                                    stdout=subprocess.PIPE)
                family.append(reader)
                family.append(self._psql(self.stage.warehouse, self.target, f"COPY {table} FROM STDIN (FORMAT binary)",
                                         stdin=reader.process.stdout))
                reader.process.stdout.close()
            return family

        return run_all(start, self.stage.programs.limit_s)

    def verify(self):
        self.verify_postgres(self.session)

    def clean_up(self):
        self.stage.warehouse.drop_database(self.target)


def _sum(first, second):
    """One after the other: times add up, memory is the larger."""
    return Cost(first.wall_s + second.wall_s, first.own_cpu_s + second.own_cpu_s,
                first.server_cpu_s + second.server_cpu_s, max(first.peak_kib, second.peak_kib))
