"""Walferry where rows are looked at: a contract that all rows keep, and targets that refuse one row in 100,000."""
from contenders import WalferryToDuckdb, WalferryToPostgres


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
