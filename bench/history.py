"""Walferry with other targets than the current rows: what a history and a change log cost beside them."""
from contenders import WalferryToDuckdb, WalferryToPostgres


class History:
    """Its current versions are compared with the source."""

    targets = "mode: scd2"

    def relation(self, table):
        return f"public.{table}_history WHERE is_current"


class Log:
    """The latest row of each key is compared with the source."""

    targets = "mode: append"

    def relation(self, table):
        return (f"(SELECT DISTINCT ON (id) * FROM public.{table}_changes WHERE _op <> 'd' "
                "ORDER BY id, _lsn DESC, _seq DESC NULLS LAST) AS latest")


class Three:
    targets = "targets: [{ mode: upsert }, { mode: scd2 }, { mode: append }]"


class HistoryInPostgres(History, WalferryToPostgres):
    name, pipeline = "scd2 → PostgreSQL", "postgres_scd2"


class LogInPostgres(Log, WalferryToPostgres):
    name, pipeline = "append → PostgreSQL", "postgres_append"


class ThreeInPostgres(Three, WalferryToPostgres):
    name, pipeline = "three targets → PostgreSQL", "postgres_three"


class HistoryInDuckdb(History, WalferryToDuckdb):
    name, pipeline = "scd2 → DuckDB", "duckdb_scd2"


class LogInDuckdb(Log, WalferryToDuckdb):
    name, pipeline = "append → DuckDB", "duckdb_append"


class ThreeInDuckdb(Three, WalferryToDuckdb):
    name, pipeline = "three targets → DuckDB", "duckdb_three"
