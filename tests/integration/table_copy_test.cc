#include <pqxx/pqxx>

#include "capture/snapshot/snapshot_reader.h"
#include "tests/capture/described_table.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {
namespace {

struct TypeCase {
    std::string type;
    std::string values;  ///< comma-separated SQL expressions
    bool binary = true;
};

const std::vector<TypeCase> cases = {
    {"bool", "true, false"},
    {"int2", "-32768, 32767, 0"},
    {"int4", "-2147483648, 2147483647"},
    {"int8", "-9223372036854775808, 9223372036854775807"},
    {"oid", "0, 4294967295"},
    {"float4", "'NaN', 'Infinity', '-Infinity', '-0', 1e-45, 3.4028235e38, 0.1"},
    {"float8", "'NaN', 'Infinity', '-Infinity', '-0', 5e-324, 1.7976931348623157e308, 0.1"},
    {"numeric",
     "'NaN', 'Infinity', '-Infinity', 0, 0.000, -1.10, 1e-1000, 1e1000, 12345678901234567890.0987654321"},
    {"numeric(10,2)", "12345678.90, -0.01, 'NaN'"},
    {"numeric(3,-2)", "12300, -99900"},
    {"money", "'-92233720368547758.08', '92233720368547758.07', '0'"},
    {"text", "'', ' ', E'tab\\tnl\\n\\\\N \\\\. \\r', 'é😀', repeat('x', 300000)"},
    {"varchar(5)", "'', 'abc  ', 'ééééé'"},
    {"char(5)", "'', 'ab', 'é'"},
    {"name", "'n'"},
    {"bytea", "'\\x', '\\x00ff0a5c', decode(repeat('00ff', 1000), 'hex')"},
    {"date", "'4713-01-01 BC', '0001-01-01', '5874897-12-31', 'infinity', '-infinity', '2000-02-29'"},
    {"time", "'00:00', '24:00:00', '23:59:59.999999'"},
    {"time(2)", "'12:34:56.78'"},
    {"timetz", "'00:00+15:59', '24:00:00-15:59', '12:00:00.000001+05:30:15'"},
    {"timestamp",
     "'4713-01-01 00:00 BC', '294276-12-31 23:59:59.999999', 'infinity', '-infinity', '2000-01-01'"},
    {"timestamptz(3)",
     "'4713-01-02 00:00+00 BC', '294276-12-31 23:59:59.999+00', 'infinity', '2024-03-31 02:30+02'"},
    {"interval", "'-10 mons +04:05:06', '1 year -3 days', '178000000 years', '-0.000001 s', '0'"},
    {"interval day to second(1)", "'3 days 04:05:06.7'"},
    {"uuid", "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
    {"json", "'{ \"a\" : 1.10, \"a\": 2 }', 'null', '\"\\u0041\"'"},
    {"jsonb", "'{\"b\": 1.10, \"a\": [null, true]}', 'null', '\"é\"'"},
    {"int4[]", "'{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[0:1]={7,8}'"},
    {"text[]", "'{}', '{\"\",NULL,\"NULL\",\"a,b\",\"q\\\"\"}'"},
    {"numeric(5,1)[]", "'{1.5,NULL,NaN}'"},
    {"timestamptz[]", "'{infinity,2000-01-01 00:00+00}'"},
    {"bytea[]", "ARRAY['\\x00'::bytea, NULL]"},
    {"app.mood", "'sad', 'o k'"},
    {"app.only_here", "'a', 'b c'"},
    {"app.small", "1, -5"},
    {"xml", "'<a>é</a>'", false},
    {"inet", "'1.2.3.4/32', '10.0.0.0/8', '::1'", false},
    {"cidr", "'10.0.0.0/8'", false},
    {"macaddr8", "'08:00:2b:01:02:03:04:05'", false},
    {"bit(3)", "B'101'", false},
    {"varbit", "B'', B'1'", false},
    {"point", "'(1,2)', '(NaN,Infinity)'", false},
    {"int4range", "'empty', '[1,5)', '(,)'", false},
    {"tstzmultirange", "'{[2000-01-01 00:00+00,2001-01-01 00:00+00)}', '{}'", false},
    {"tsvector", "'a:1A ''b c'':2'", false},
    {"pg_lsn", "'16/B374D848'", false},
    {"\"char\"", "'x', ''", false},
    {"citext", "'MiXed'", false},
    {"app.pair", "ROW(NULL, NULL), ROW(1, 'a,\"b'), ROW(NULL, '')", false},
    {"app.mood[]", "'{sad,\"o k\",NULL}'", false},
    {"app.only_here[]", "'{a,\"b c\",NULL}'", false},
    {"app.small[]", "'{1,NULL}'", false},
    {"box[]", "'{(2,2),(1,1);(4,4),(3,3)}'", false},
};

/// `, (CAST(value AS type))` for each value. Commas inside quotes or brackets do not part values.
std::string value_rows(const TypeCase& tested) {
    std::string rows = ", (CAST(";
    int depth = 0;
    bool quoted = false;
    for (const char c : tested.values) {
        if (c == '\'') quoted = !quoted;
        if (!quoted && (c == '(' || c == '[')) ++depth;
        if (!quoted && (c == ')' || c == ']')) --depth;
        if (c == ',' && !quoted && depth == 0) {
            rows += " AS " + tested.type + ")), (CAST(";
        } else {
            rows += c;
        }
    }
    return rows + " AS " + tested.type + "))";
}

/// The bytes of every value's output function, in order.
std::string digest(const testing::PgCluster& cluster, const std::string& database) {
    return cluster.value(
        "SET timezone = 'UTC'; SET extra_float_digits = 3; SELECT md5(string_agg(id || ':' || CASE WHEN v IS "
        "NOT DISTINCT FROM NULL "
        "THEN '-' ELSE '=' || format('%s', v) END, '|' ORDER BY id)) || count(*) FROM t",
        database);
}

Status copy(const testing::PgCluster& cluster, const SourceTable& table, WarehouseSession& session,
            const std::vector<TargetColumn>& columns, LoadFormat format) {
    std::vector<bool> as_text;
    for (const TargetColumn& column : columns)
        as_text.push_back(format == LoadFormat::Text || column.encoding.kind == Encoding::Text);
    WALFERRY_TRY(holder, hold_snapshot(cluster.conninfo("src"), {table}));
    WALFERRY_TRY(reader, open_copy_reader(cluster.conninfo("src"), holder->name()));
    WALFERRY_TRY(chunks, holder->plan(table, 4));
    WALFERRY_TRYV(session.begin());
    {
        WALFERRY_TRY(loader,
                     session.load({.catalog = "", .schema = "public", .table = "t"}, columns, format));
        for (const CopyChunk& chunk : chunks) {
            WALFERRY_TRYV(reader->start(table, chunk, as_text));
            while (true) {
                WALFERRY_TRY(row, reader->next());
                if (!row) break;
                WALFERRY_TRYV(loader->append(*row));
            }
        }
        WALFERRY_TRYV(loader->finish());
    }
    return session.commit();
}

}  // namespace

TEST_CASE("a copied table has the source's values, byte for byte, for every type and in both formats") {
    testing::PgCluster cluster;
    for (const std::string database : {"src", "wh"}) {
        cluster.create_database(database);
        cluster.exec(
            "CREATE EXTENSION citext; CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad', 'o k');"
            "CREATE TYPE app.pair AS (a int, b text)",
            database);
    }
    cluster.exec("CREATE TYPE app.only_here AS ENUM ('a', 'b c'); CREATE DOMAIN app.small AS int2", "src");
    auto session =
        make_postgres_warehouse({.connection = cluster.conninfo("wh"), .read_only = false})->connect();
    REQUIRE(session.has_value());

    for (const TypeCase& tested : cases) {
        INFO(tested.type);
        cluster.exec("DROP TABLE IF EXISTS t; CREATE TABLE t (id serial, v " + tested.type +
                         "); INSERT INTO t (v) VALUES (NULL)" + value_rows(tested),
                     "src");
        const SourceTable table = testing::described_table(*cluster.connect("src"), "public", "t");
        std::vector<TargetColumn> columns;
        std::string definition;
        for (const SourceColumn& column : table.columns) {
            auto mapped = session.value()->map_column(column, "");
            if (!mapped) FAIL(describe(mapped.error()));
            definition +=
                (definition.empty() ? "" : ", ") + mapped.value().name + " " + mapped.value().sql_type;
            columns.push_back(std::move(mapped.value()));
        }
        CHECK(columns[1].binary_loadable == tested.binary);
        for (const LoadFormat format : {LoadFormat::Binary, LoadFormat::Text}) {
            if (format == LoadFormat::Binary && !tested.binary) continue;
            cluster.exec("DROP TABLE IF EXISTS t; CREATE TABLE t (" + definition + ")", "wh");
            std::vector<TargetColumn> loaded = columns;
            const Status copied = copy(cluster, table, *session.value(), loaded, format);
            if (!copied) FAIL_CHECK(describe(copied.error()));
            if (!copied) session.value()->rollback();
            CHECK(digest(cluster, "wh") == digest(cluster, "src"));
        }
    }
}

}  // namespace walferry
