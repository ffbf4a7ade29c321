"""Walferry where rows are looked at: a contract that all rows keep, and targets that refuse one row in 100,000."""
from contenders import WalferryToDuckdb, WalferryToPostgres
from contents import duckdb_execute

DUCKDB_TYPES = {"id": "BIGINT", "amount": "DECIMAL(12,2)", "at": "TIMESTAMPTZ", "flag": "BOOLEAN", "n": "INTEGER", "d": "DATE"}


class Contract:
    """Five rules, one of each kind and another range."""

    targets = ("mode: upsert, contract: { columns: { name: { not_null: true, matches: '^customer [0-9]+$' }, "
               "amount: { range: [0, null] }, n: { range: [0, 999999] }, flag: { accepted_values: ['true', 'false'] } } }")


class ContractInPostgres(Contract, WalferryToPostgres):
    name, pipeline = "five rules → PostgreSQL", "postgres_contract"


class ContractInDuckdb(Contract, WalferryToDuckdb):
    name, pipeline = "five rules → DuckDB", "duckdb_contract"


class PoisonInPostgres(WalferryToPostgres):
    """The target's note is NOT NULL, the source's is not always. What the letters hold counts as arrived."""

    name, pipeline = "one refused row in 100,000 → PostgreSQL", "postgres_poison"

    def prepare(self):
        super().prepare()
        self.session.query("ALTER TABLE public.item ALTER note SET NOT NULL")

    def relation(self, table):
        if table != "item":
            return super().relation(table)
        columns = ", ".join(self.stage.tables[table][1])
        letters = ", ".join(f"(jsonb_populate_record(NULL::public.item, after::jsonb)).{name}" for name in self.stage.tables[table][1])
        return f"(SELECT {columns} FROM public.item UNION ALL SELECT {letters} FROM walferry.dead_letter) AS arrived"


class PoisonInDuckdb(WalferryToDuckdb):
    """As in PostgreSQL."""

    name, pipeline = "one refused row in 100,000 → DuckDB", "duckdb_poison"

    def prepare(self):
        super().prepare()
        duckdb_execute(self.stage.programs.duckdb_library, self.file, "ALTER TABLE public.item ALTER note SET NOT NULL")

    def relation(self, table):
        if table != "item":
            return super().relation(table)
        names = self.stage.tables[table][1]
        columns = ", ".join(f'"{name}"' for name in names)
        letters = ", ".join(f"CAST(after ->> '{name}' AS {DUCKDB_TYPES.get(name, 'VARCHAR')})" for name in names)
        return f"(SELECT {columns} FROM public.item UNION ALL SELECT {letters} FROM walferry.dead_letter) AS arrived"
