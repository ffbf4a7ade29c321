#include <cstdlib>

#include "tests/config/error_cases.h"

using namespace walferry;

TEST_CASE("what is no single YAML map is refused at its line") {
    check_cases({
        {"", "f.yaml:1: yaml: the file is empty, allowed: a map with at least source, warehouse and tables"},
        {"# only\n",
         "f.yaml:1: yaml: the file is empty, allowed: a map with at least source, warehouse and tables"},
        {"- a\n",
         "f.yaml:1: yaml: the file is no map, allowed: a map with at least source, warehouse and tables"},
        {"a: b: c\n", "f.yaml:1: yaml: illegal map value, allowed: YAML 1.2"},
        {"a: 1\nb: [1, 2\n", "f.yaml:3: yaml: end of sequence flow not found, allowed: YAML 1.2"},
        {"a: &x\n  b: *x\n",
         "f.yaml:2: yaml: an alias inside of what it stands for, allowed: aliases of what stands above"},
        {head + "? [a]\n: b\n", "f.yaml:4: yaml: a list or a map as a key, allowed: text as a key"},
        {head + "---\nlog: {}\n", "f.yaml:4: yaml: a second document, allowed: one document a file"},
    });
    CHECK(error_of("a: 1\nb: *x\n").find("f.yaml:2: yaml: the referenced anchor is not defined") == 0);
    CHECK(error_of(std::string(5000, '[')).find("f.yaml:1: yaml: ") == 0);
}

TEST_CASE("unknown keys are refused with the nearest known one") {
    check_cases({
        {head + "bach: {}\n", "f.yaml:4: bach: unknown key, the nearest known key is batch"},
        {head + "batch:\n  max_row: 1\n",
         "f.yaml:5: batch.max_row: unknown key, the nearest known key is max_rows"},
        {head + "max_delay: 1s\n",
         "f.yaml:4: max_delay: unknown key, the nearest known key is batch.max_delay"},
        {head + "log.level: info\n", "f.yaml:4: log.level: unknown key, the nearest known key is log"},
        {head + "'tables[]': {}\n", "f.yaml:4: tables[]: unknown key, the nearest known key is tables"},
        {head + "<<: {}\n", "f.yaml:4: <<: unknown key, the nearest known key is log"},
        {head_without_tables + "tables:\n  - match: a.b\n    mode: upsert\n    rename: { a: b }\n",
         "f.yaml:6: tables[0].rename: unknown key, the nearest known key is rename_columns"},
    });
}

TEST_CASE("a key that stands twice is refused") {
    check_cases({
        {head + "log: {}\nlog: {}\n", "f.yaml:5: log: stands here twice, first in line 4, allowed: once"},
        {head + "log:\n  level: info\n  \"level\": warn\n",
         "f.yaml:6: log.level: stands here twice, first in line 5, allowed: once"},
        {head + "types: { a: b, a: c }\n",
         "f.yaml:4: types.a: stands here twice, first in line 4, allowed: once"},
    });
}

TEST_CASE("what comes in a later version is refused as such") {
    const std::string rule = head_without_tables + "tables:\n  - match: a.b\n";
    check_cases({
        {head + "contracts: { bogus: 1 }\n", "f.yaml:4: contracts: not available yet in this version"},
        {head + "http: { sql_role: x }\n", "f.yaml:4: http.sql_role: needs a PostgreSQL warehouse"},
        {rule + "    mode: append\n    track: [a]\n",
         "f.yaml:6: tables[0].track: belongs to a target of mode scd2, allowed: without it"},
        {rule + "    targets:\n      - { mode: upsert, first_valid_from: beginning }\n",
         "f.yaml:6: tables[0].targets[0].first_valid_from: belongs to a target of mode scd2, allowed: "
         "without it"},
        {rule + "    mode: scd2\n    track: []\n",
         "f.yaml:6: tables[0].track: is empty, allowed: one column or several"},
        {rule + "    track: [a]\n    targets:\n      - { mode: scd2 }\n",
         "f.yaml:5: tables[0].track: stands beside targets, allowed: track inside of a target"},
    });
}

TEST_CASE("missing keys are refused at the line of what they belong into") {
    check_cases({
        {"{}",
         "f.yaml:1: source: is missing, allowed: a map with the keys postgres, kafka\n"
         "f.yaml:1: tables: is missing, allowed: a list of maps with the keys match, mode, table, track, "
         "names, first_valid_from, key, rename_columns, types, metadata, on_delete, on_truncate, on_drop, "
         "on_rewrite, "
         "exclude_columns, "
         "hash_columns, mask_columns, contract, targets\n"
         "f.yaml:1: warehouse: is missing, allowed: a map with duckdb or postgres, or publish in its place"},
        {"warehouse: { duckdb: { path: x } }\nsource:\n" + tail,
         "f.yaml:2: source: has none of its kinds, allowed: exactly one of postgres, kafka"},
        {"warehouse:\n  duckdb:\nsource: { postgres: { connection: dbname=x } }\n" + tail,
         "f.yaml:2: warehouse.duckdb.path: is missing, allowed: text"},
        {"warehouse: { duckdb: { path: x } }\nsource:\n  postgres:\n    slot: x\n" + tail,
         "f.yaml:3: source.postgres.connection: is missing, allowed: postgresql://user@host:port/database or "
         "key=value pairs, as libpq takes them"},
        {head_without_tables + "tables:\n  - mode: upsert\n",
         "f.yaml:4: tables[0].match: is missing, allowed: text"},
        {head_without_tables + "tables:\n  - match: a.b\n    targets: [ { table: x } ]\n",
         "f.yaml:5: tables[0].targets[0].mode: is missing, allowed: upsert, scd2, append"},
    });
    CHECK(error_of(head, "My-Shop.yaml") ==
          "My-Shop.yaml:1: pipeline: is missing, and the file's name cannot stand in for it: \"My-Shop\" is "
          "no such "
          "name, allowed: 1 to 54 of a-z, 0-9 and _");
}

TEST_CASE("of things that exclude each other there must be exactly one") {
    check_cases({
        {"source:\n  postgres: { connection: dbname=x }\n  kafka: { brokers: x, topics: [x] }\n"
         "warehouse: { duckdb: { path: x } }\n" +
             tail,
         "f.yaml:3: source: has postgres and kafka, allowed: exactly one of postgres, kafka"},
        {"source: { postgres: { connection: dbname=x } }\nwarehouse:\n  duckdb: { path: x }\n"
         "  postgres: { connection: dbname=x }\n" +
             tail,
         "f.yaml:4: warehouse: has duckdb and postgres, allowed: exactly one of duckdb, postgres"},
        {"source: { postgres: { connection: dbname=x } }\nwarehouse: { schema: x }\n" + tail,
         "f.yaml:2: warehouse: has none of its kinds, allowed: exactly one of duckdb, postgres"},
        {head_without_tables + "tables:\n  - match: a.b\n",
         "f.yaml:4: tables[0]: has none of its kinds, allowed: exactly one of mode, targets"},
        {head_without_tables +
             "tables:\n  - match: a.b\n    mode: upsert\n    targets: [ { mode: upsert } ]\n",
         "f.yaml:6: tables[0]: has mode and targets, allowed: exactly one of mode, targets"},
        {head_without_tables + "tables:\n  - match: a.b\n    table: x\n    targets: [ { mode: upsert } ]\n",
         "f.yaml:5: tables[0].table: stands beside targets, allowed: table inside of each target"},
    });
}

TEST_CASE("values of the wrong shape are refused") {
    check_cases({
        {head + "log:\n  level:\n",
         "f.yaml:5: log.level: has no value, allowed: trace, debug, info, warn, error"},
        {head + "log: [a]\n", "f.yaml:4: log: is a list, allowed: a map with the keys level, format"},
        {head + "log: info\n",
         "f.yaml:4: log: is a single value, allowed: a map with the keys level, format"},
        {head + "pipeline: { a: b }\n", "f.yaml:4: pipeline: is a map, allowed: text"},
        {head + "types: [a]\n",
         "f.yaml:4: types: is a list, allowed: a map of text to text, such as { a: b }"},
        {head + "types: { a: [b] }\n", "f.yaml:4: types.a: is a list, allowed: text"},
        {head + "types:\n  a:\n  b: c\n", "f.yaml:5: types.a: has no value, allowed: text"},
        {head + "http: { token: \"a\\0b\" }\n",
         "f.yaml:4: http.token: holds a NUL character, allowed: text without it"},
        {head_without_tables + "tables: []\n",
         "f.yaml:3: tables: is empty, allowed: a list of maps with the keys match, mode, table, track, "
         "names, first_valid_from, key, "
         "rename_columns, "
         "types, metadata, on_delete, on_truncate, on_drop, on_rewrite, exclude_columns, "
         "hash_columns, mask_columns, contract, targets"},
        {head_without_tables + "tables: [ public.* ]\n",
         "f.yaml:3: tables[0]: is a single value, allowed: a map with the keys match, mode, table, track, "
         "names, first_valid_from, key, rename_columns, types, metadata, on_delete, on_truncate, on_drop, "
         "on_rewrite, "
         "exclude_columns, "
         "hash_columns, mask_columns, contract, targets"},
        {head_without_tables + "tables:\n  - match: a.b\n    mode: upsert\n    key: id\n",
         "f.yaml:6: tables[0].key: is a single value, allowed: a list of text, such as [a, b]"},
        {head_without_tables + "tables:\n  - match: a.b\n    mode: upsert\n    metadata: yes\n",
         "f.yaml:6: tables[0].metadata: \"yes\" is no such value, allowed: true, false"},
    });
}

TEST_CASE("values out of range are refused") {
    check_cases({
        {head + "batch: { max_rows: 0 }\n",
         "f.yaml:4: batch.max_rows: \"0\" is no such value, allowed: a whole number from 1 to 100000000"},
        {head + "batch: { max_rows: many }\n",
         "f.yaml:4: batch.max_rows: \"many\" is no such value, allowed: a whole number from 1 to 100000000"},
        {head + "batch: { max_bytes: 64 }\n",
         "f.yaml:4: batch.max_bytes: \"64\" is no such value, allowed: a size such as 64MiB, from 1KiB to "
         "64GiB"},
        {head + "batch: { max_delay: 61m }\n",
         "f.yaml:4: batch.max_delay: \"61m\" is no such value, allowed: a duration such as 500ms, 60s or "
         "24h, from "
         "0ms to 1h"},
        {head + "http: { ready_max_lag: 60 }\n",
         "f.yaml:4: http.ready_max_lag: \"60\" is no such value, allowed: a duration such as 500ms, 60s or "
         "24h, from "
         "1ms to 365d"},
        {head + "log: { level: loud }\n",
         "f.yaml:4: log.level: \"loud\" is none of its values, allowed: trace, debug, info, warn, error"},
        {head + "log: { format: xml }\n",
         "f.yaml:4: log.format: \"xml\" is none of its values, allowed: text, json"},
        {"source: { postgres: { connection: dbname=x } }\nwarehouse:\n  duckdb:\n    path: ''\n    threads: "
         "0\n"
         "    memory_limit: 80%\n" +
             tail,
         "f.yaml:4: warehouse.duckdb.path: is empty, allowed: a file's path\n"
         "f.yaml:5: warehouse.duckdb.threads: \"0\" is no such value, allowed: a whole number from 1 to "
         "1024\n"
         "f.yaml:6: warehouse.duckdb.memory_limit: \"80%\" is no such value, allowed: a size such as 64MiB, "
         "from "
         "16MiB"},
    });
}

TEST_CASE("names that PostgreSQL would not take are refused") {
    const std::string warehouse = "\nwarehouse: { duckdb: { path: x }";
    const std::string source = "source:\n  postgres:\n    connection: dbname=x\n";
    check_cases({
        {head + "pipeline: Shop\n",
         "f.yaml:4: pipeline: \"Shop\" is no such name, allowed: 1 to 54 of a-z, 0-9 and _"},
        {head + "pipeline: " + std::string(55, 'a') + "\n",
         "f.yaml:4: pipeline: \"" + std::string(55, 'a') +
             "\" is no such name, allowed: 1 to 54 of a-z, 0-9 and _"},
        {source + "    slot: a-b" + warehouse + " }\n" + tail,
         "f.yaml:4: source.postgres.slot: \"a-b\" is no such name, allowed: 1 to 63 of a-z, 0-9 and _"},
        {source + "    publication: ''" + warehouse + " }\n" + tail,
         "f.yaml:4: source.postgres.publication: \"\" has 0 bytes, allowed: a name of 1 to 63 bytes"},
        {source + warehouse + ", control_schema: '' }\n" + tail,
         "f.yaml:5: warehouse.control_schema: \"\" has 0 bytes, allowed: a name of 1 to 63 bytes"},
        {source + warehouse + ", schema: '{table}' }\n" + tail,
         "f.yaml:5: warehouse.schema: \"{table}\" has the unknown placeholder \"{table}\", allowed: a name, "
         "with "
         "{schema} in it"},
        {source + warehouse + ", schema: walferry }\n" + tail,
         "f.yaml:5: warehouse.schema: \"walferry\" is the control schema, allowed: a schema without "
         "walferry's own "
         "tables"},
    });
    CHECK(error_of(head + "pipeline: " + std::string(54, 'a') + "\n") == "no error");
}

TEST_CASE("connections that libpq cannot parse are refused, without their password") {
    const std::string warehouse = "warehouse: { duckdb: { path: x } }\n" + tail;
    const std::string allowed =
        ", allowed: postgresql://user@host:port/database or key=value pairs, as libpq takes them";
    check_cases({
        {"source: { postgres: { connection: shop } }\n" + warehouse,
         "f.yaml:1: source.postgres.connection: is nothing that libpq understands (missing \"=\" after "
         "\"shop\" in "
         "connection info string)" +
             allowed},
        {"source: { postgres: { connection: '' } }\n" + warehouse,
         "f.yaml:1: source.postgres.connection: is empty" + allowed},
        {"source: { postgres: { connection: 'postgresql://u:secret@[::1/x' } }\n" + warehouse,
         "f.yaml:1: source.postgres.connection: is nothing that libpq understands" + allowed},
        {"source: { postgres: { connection: 'password=my secret' } }\n" + warehouse,
         "f.yaml:1: source.postgres.connection: is nothing that libpq understands" + allowed},
        {"source: { postgres: { connection: dbname=x } }\nwarehouse:\n  postgres:\n    connection: host=x "
         "bogus=1\n" +
             tail,
         "f.yaml:4: warehouse.postgres.connection: is nothing that libpq understands (invalid connection "
         "option "
         "\"bogus\")" +
             allowed},
    });
}

TEST_CASE("the address to listen on must be one, and needs a token off loopback") {
    check_cases({
        {head + "http: { listen: 8087 }\n",
         "f.yaml:4: http.listen: \"8087\" is no address, allowed: HOST:PORT or [IPV6]:PORT, with a port from "
         "0 to "
         "65535"},
        {head + "http: { listen: '0.0.0.0:80' }\n",
         "f.yaml:4: http.listen: \"0.0.0.0:80\" is reached from other machines and http.token is not set, "
         "allowed: a "
         "loopback address such as 127.0.0.1:8087, or any address with http.token"},
        {head + "http: { listen: '[::]:80', token: '' }\n",
         "f.yaml:4: http.listen: \"[::]:80\" is reached from other machines and http.token is not set, "
         "allowed: a "
         "loopback address such as 127.0.0.1:8087, or any address with http.token"},
    });
}

TEST_CASE("rules that contradict themselves or each other are refused") {
    const std::string tables = head_without_tables + "tables:\n";
    check_cases({
        {tables + "  - { match: orders, mode: upsert }\n",
         "f.yaml:4: tables[0].match: names no schema, allowed: a glob on schema.table, such as "
         "public.orders"},
        {tables + "  - { match: 'a.[b', mode: upsert }\n",
         "f.yaml:4: tables[0].match: [ without its ], allowed: a set such as [abc] or [a-z]; \\[ is the "
         "bracket itself"},
        {tables + "  - { match: a.b, mode: upsert }\n  - { match: 'a.b', mode: upsert }\n",
         "f.yaml:5: tables[1].match: the same match twice, first in line 4, allowed: each glob once"},
        {tables + "  - match: a.b\n    targets:\n      - { mode: upsert }\n      - { mode: upsert, table: "
                  "'{table}' }\n",
         "f.yaml:7: tables[0].targets[1].table: the same target twice, {table}, allowed: another table for "
         "each target"},
        {tables + "  - { match: a.b, mode: upsert, table: '{tabel}' }\n",
         "f.yaml:4: tables[0].table: \"{tabel}\" has the unknown placeholder \"{tabel}\", allowed: a name, "
         "with {table}, "
         "{schema} in it"},
        {tables + "  - { match: a.b, mode: upsert, table: 'x{table' }\n",
         "f.yaml:4: tables[0].table: \"x{table\" has a { without its }, allowed: a name, with {table}, "
         "{schema} in it"},
        {tables + "  - { match: a.b, mode: upsert, key: [] }\n",
         "f.yaml:4: tables[0].key: is empty, allowed: one column or several"},
        {tables + "  - { match: a.b, mode: upsert, key: [id, id] }\n",
         "f.yaml:4: tables[0].key: \"id\" stands there twice, allowed: each column once"},
        {tables + "  - match: a.b\n    mode: upsert\n    rename_columns:\n      a: x\n      b: x\n",
         "f.yaml:8: tables[0].rename_columns.b: \"x\" is the new name of \"a\" already, allowed: another "
         "name for each "
         "column"},
        {tables + "  - { match: a.b, mode: upsert, types: { c: '' } }\n",
         "f.yaml:4: tables[0].types.c: is empty, allowed: an SQL type"},
    });
}

TEST_CASE("variables are expanded in values and refused at their line when unset") {
    unsetenv("WALFERRY_TEST_UNSET");
    setenv("WALFERRY_TEST_ROWS", "0", 1);
    check_cases({
        {head + "log:\n  level: info\n  format: ${WALFERRY_TEST_UNSET}\n",
         "f.yaml:6: log.format: the environment variable WALFERRY_TEST_UNSET is not set, allowed: set it, or "
         "write "
         "${WALFERRY_TEST_UNSET:-default}"},
        {head + "batch: { max_rows: \"${WALFERRY_TEST_ROWS}\" }\n",
         "f.yaml:4: batch.max_rows: \"0\" is no such value, allowed: a whole number from 1 to 100000000"},
    });
}

TEST_CASE("variables are not expanded in keys, and a message stays on its line") {
    setenv("WALFERRY_TEST_KEY", "log", 1);
    CHECK(error_of(head + "\"${WALFERRY_TEST_KEY}\": 1\n")
              .find("f.yaml:4: ${WALFERRY_TEST_KEY}: unknown key") == 0);
    CHECK(error_of(head + "\"a\\nb\": 1\n").find("f.yaml:4: a b: unknown key") == 0);
    CHECK(error_of(head + "log: { level: \"a\\nb\" }\n").find("f.yaml:4: log.level: \"a\\x0ab\" is none") ==
          0);
}

TEST_CASE("all errors of a file are told, in its order") {
    CHECK(error_of("log: { level: loud }\nsource: { postgres: { connection: '', slot: A } }\ntables: []\n"
                   "warehouse: { duckdb: { path: x } }\nfoo: 1\npipeline: ''\n")
              .find("f.yaml:1: log.level: ") == 0);
    const std::string message = error_of(
        "log: { level: loud }\nsource: { postgres: { connection: dbname=x, slot: A } }\n"
        "warehouse: { duckdb: { path: x } }\n" +
        tail + "bach: 1\npipeline: ''\n");
    CHECK(message ==
          "f.yaml:1: log.level: \"loud\" is none of its values, allowed: trace, debug, info, warn, error\n"
          "f.yaml:2: source.postgres.slot: \"A\" is no such name, allowed: 1 to 63 of a-z, 0-9 and _\n"
          "f.yaml:5: bach: unknown key, the nearest known key is batch\n"
          "f.yaml:6: pipeline: \"\" is no such name, allowed: 1 to 54 of a-z, 0-9 and _");
}
