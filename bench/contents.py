"""Whether two tables hold the same rows: their count, and the sum of a hash of every row's columns, whatever the order."""
import pathlib
import subprocess
import sys

from measure import Failed

# How a kind of column becomes the same text in both databases.
POSTGRES_TEXT = {
    "plain": "{0}::text",
    "flag": "({0}::int)::text",
    "date": "({0} - date '1970-01-01')::text",
    "instant": "((extract(epoch FROM {0}) * 1000000)::bigint)::text",
}
DUCKDB_TEXT = {
    "plain": "{0}::VARCHAR",
    "flag": "{0}::INTEGER::VARCHAR",
    "date": "date_diff('day', DATE '1970-01-01', {0})::VARCHAR",
    "instant": "epoch_us({0})::VARCHAR",
}
POSTGRES_HASH = "('x' || substr(md5({0}), 1, 15))::bit(60)::bigint"
DUCKDB_HASH = "('0x' || substr(md5({0}), 1, 15))::BIGINT"


def fingerprint_sql(relation, columns, texts, hash_of):
    """`relation` is what stands behind FROM; `columns` maps names to kinds. One row, one text: count and sum of hashes."""
    values = " || '|' || ".join("coalesce(" + texts[kind].format(f'"{name}"') + ", 'NULL')" for name, kind in columns.items())
    text = "VARCHAR" if texts is DUCKDB_TEXT else "text"
    return f"SELECT count(*)::{text} || ' rows, hash ' || coalesce(sum({hash_of.format(values)}), 0)::{text} FROM {relation}"


def postgres_fingerprint(session, relation, columns):
    return session.value(fingerprint_sql(relation, columns, POSTGRES_TEXT, POSTGRES_HASH))


def duckdb_fingerprint(library, file, relation, columns):
    return duckdb_execute(library, file, fingerprint_sql(relation, columns, DUCKDB_TEXT, DUCKDB_HASH), "READ_ONLY")


def duckdb_execute(library, file, sql, mode="READ_WRITE"):
    """The value, or nothing. In a process of its own, whose memory goes when it ends."""
    reader = pathlib.Path(__file__).with_name("duckdb_reader.py")
    done = subprocess.run([sys.executable, "-B", reader, library, file, sql, mode], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"asking {file}: {done.stderr}")
    return done.stdout.strip()


def assert_equal(contender, table, expected, found):
    if expected != found:
        raise Failed(f"{contender}: public.{table} differs: source {expected}; target {found}")
