"""Prints the single value of a query on a DuckDB file, through the library's C interface: LIBRARY FILE SQL. With READ_WRITE
behind, the query may change something."""
import ctypes
import sys


class DuckdbResult(ctypes.Structure):
    _fields_ = [(f"internal{i}", ctypes.c_void_p) for i in range(6)]


def fail(message):
    sys.exit(f"duckdb_reader: {message}")


def open_file(duckdb, file, mode):
    config, database, error = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_char_p()
    duckdb.duckdb_create_config(ctypes.byref(config))
    for name, value in ((b"access_mode", mode.encode()), (b"memory_limit", b"1GB"), (b"threads", b"2")):
        duckdb.duckdb_set_config(config, name, value)
    if duckdb.duckdb_open_ext(file.encode(), ctypes.byref(database), config, ctypes.byref(error)):
        fail(error.value.decode())
    connection = ctypes.c_void_p()
    if duckdb.duckdb_connect(database, ctypes.byref(connection)):
        fail("no connection")
    return connection


def main(library, file, sql, mode="READ_ONLY"):
    duckdb = ctypes.CDLL(library)
    duckdb.duckdb_result_error.restype = ctypes.c_char_p
    duckdb.duckdb_value_varchar.restype = ctypes.c_char_p
    duckdb.duckdb_value_varchar.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
    result = DuckdbResult()
    if duckdb.duckdb_query(open_file(duckdb, file, mode), sql.encode(), ctypes.byref(result)):
        fail(duckdb.duckdb_result_error(ctypes.byref(result)).decode())
    print((duckdb.duckdb_value_varchar(ctypes.byref(result), 0, 0) or b"").decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
