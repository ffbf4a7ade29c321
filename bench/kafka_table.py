"""The table of the Kafka workloads: its rows as bench/kafka_events.cc writes them, as SQL; what a target of it is made of; and
the schema that Debezium's sink needs of its records."""
from connect import connect_field, envelope_schema

UPDATED_KEY = "1 + u * 48271 % 2147483647 * (u % 65521 + 1) % {inserts}"
ROWS = """
INSERT INTO item
WITH changes AS (SELECT {key} AS id, max(u) AS u FROM generate_series(0, {updates}::bigint - 1) u GROUP BY 1)
SELECT id, 'customer ' || id, id * 1.25 + coalesce(u % 1000 + 1, 0),
       timestamptz '2026-01-01 00:00:00Z' + id * interval '1.000001 s', id % 2 = 0,
       rpad('note of customer ' || id || ', ' || coalesce('as of change ' || u, 'as inserted'), 64, '.'),
       (id + coalesce(u + 1, 0)) % 1000000, 20454 + id % 1000
FROM generate_series(1, {inserts}::bigint + 1) id LEFT JOIN changes USING (id)"""

# As stage.ITEM but for the day, a number: Debezium's sink fails on a date when it inserts by UNNEST, which is its fastest way.
ITEM = {"id": "plain", "name": "plain", "amount": "plain", "at": "instant", "flag": "flag", "note": "plain", "n": "plain",
        "d": "plain"}
ITEM_DDL = ("(id bigint PRIMARY KEY, name text, amount numeric(12,2), at timestamptz, flag boolean, note text, n integer, "
            "d integer)")
METADATA_DDL = ", _walferry_lsn pg_lsn, _walferry_synced_at timestamptz)"
DUCKDB_ITEM_DDL = ("(id BIGINT NOT NULL, name VARCHAR, amount DECIMAL(12,2), \"at\" TIMESTAMPTZ, flag BOOLEAN, note VARCHAR, "
                   "n INTEGER, d INTEGER, _walferry_lsn UBIGINT, _walferry_synced_at TIMESTAMPTZ)")

ZONED = "io.debezium.time.ZonedTimestamp"
ITEM_SCHEMA = envelope_schema(
    "item", [connect_field("id", "int64", False)],
    [connect_field("id", "int64", False), connect_field("name", "string"),
     connect_field("amount", "bytes", logical="org.apache.kafka.connect.data.Decimal",
                   **{"scale": "2", "connect.decimal.precision": "12"}),
     connect_field("at", "string", logical=ZONED), connect_field("flag", "boolean"), connect_field("note", "string"),
     connect_field("n", "int32"), connect_field("d", "int32")])
TICK_SCHEMA = envelope_schema("tick", [connect_field("id", "int64", False)],
                              [connect_field("id", "int64", False), connect_field("sent_at", "string", logical=ZONED)])


def fill_expected(session, inserts, updates):
    """Into `item`: what a target holds once that topic is applied."""
    session.query(ROWS.format(key=UPDATED_KEY.format(inserts=inserts), inserts=inserts, updates=updates))
