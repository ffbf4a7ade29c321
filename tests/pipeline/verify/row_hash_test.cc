#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "capture/source_catalog.h"
#include "capture/source_query.h"
#include "model/quote.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"
#include "warehouse/row_hash/hash_sql.h"
#include "warehouse/row_hash/value_form.h"

using namespace walferry;
using walferry::testing::PgCluster;

namespace {

struct HashedType {
    const char* type;
    std::vector<const char*> values;
    const char* target = "";  ///< an override
};

const std::vector<HashedType>& types() {
    static const std::vector<HashedType> all = {
        {"boolean", {"t", "f"}},
        {"smallint", {"0", "-1", "32767", "-32768"}},
        {"smallint", {"0", "-1", "32767", "-32768"}, "BIGINT"},
        {"integer", {"0", "-1", "2147483647", "-2147483648", "4097"}},
        {"integer", {"0", "-1", "2147483647", "-2147483648"}, "BIGINT"},
        {"bigint",
         {"0", "-1", "1", "4294967296", "9223372036854775807", "-9223372036854775808", "-4294967297"}},
        {"oid", {"0", "1", "4294967295"}},
        {"oid", {"0", "4294967295"}, "UBIGINT"},
        {"real", {"0", "-0", "1.5", "0.1", "-3.4028235e38", "1e-45", "NaN", "Infinity", "-Infinity"}},
        {"real", {"0.1", "-3.4028235e38", "NaN"}, "DOUBLE"},
        {"double precision", {"0", "-0", "0.1", "1.7976931348623157e308", "5e-324", "NaN", "-Infinity"}},
        {"numeric(4,0)", {"0", "1", "-1", "9999", "-9999"}},
        {"numeric(4,4)", {"0", "0.1", "-0.0001", "0.9999"}},
        {"numeric(10,2)",
         {"0.00", "1.10", "-1.10", "12345678.90", "-0.01", "10000", "100.00", "99999999.99"}},
        {"numeric(18,5)", {"0", "0.00001", "-0.1", "1234567890123.12345", "10000.00000", "1000"}},
        {"numeric(38,0)", {"0", "99999999999999999999999999999999999999", "-100000000000000000000000000000"}},
        {"numeric(38,37)",
         {"0", "1", "-9.9999999999999999999999999999999999999", "0.0000000000000000000000000000000000001"}},
        {"numeric(38,38)",
         {"0.99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001", "0.0001"}},
        {"numeric", {"0", "1.10", "-1e300", "NaN", "1.100"}},
        {"numeric", {"0", "1.10", "-1e300", "NaN", "123456789.123456789"}, "DOUBLE"},
        {"numeric", {"0", "1.10", "-123456.7"}, "DECIMAL(38,9)"},
        {"money", {"0", "1.10", "-92233720368547758.08", "1234567.89"}},
        {"text",
         {"", "a", "eleven char", "twelve chars", "thirteen char", "ünïcode 🦆 and more than that",
          " x "}},
        {"varchar(30)", {"", "hello"}},
        {"char(5)", {"", "ab", "abcde"}},
        {"name", {"", "some_name"}},
        {"bytea", {"\\x", "\\x00", "\\xdeadbeef00ff", "\\x000102030405060708090a0b0c0d0e0f"}},
        {"date",
         {"2000-01-01", "1970-01-01", "0044-03-15 BC", "9999-12-31", "infinity", "-infinity", "2026-02-28"}},
        {"time", {"00:00:00", "24:00:00", "12:34:56.789012", "23:59:59.999999"}},
        {"time with time zone",
         {"00:00:00+00", "24:00:00-15:59", "12:34:56.789012+05:30", "23:59:59.999999+15:59:59"}},
        {"timestamp",
         {"2000-01-01 00:00:00", "1970-01-01 00:00:00.000001", "4713-01-01 00:00:00 BC",
          "9999-12-31 23:59:59.999999", "infinity", "-infinity"}},
        {"timestamptz",
         {"2000-01-01 00:00:00+00", "2026-11-21 20:00:00.123456+05:30", "infinity", "-infinity"}},
        {"timestamptz", {"2026-11-21 20:00:00.123456+05:30", "-infinity"}, "TIMESTAMP"},
        {"interval",
         {"0", "1 year 2 mons -3 days 04:05:06.789", "-1 mons", "-00:00:00.000001", "-1 year -25:41:41.5",
          "178000000 years"}},
        {"uuid",
         {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
        {"json", {"{}", "{\"a\":  1.10, \"a\": 2}"}},
        {"jsonb", {"{}", "{\"b\": 1.10, \"a\": [1, null]}"}},
        {"inet", {"10.0.0.1", "10.0.0.1/8"}},
        {"int4range", {"empty", "[1,5)"}},
        {"integer[]", {"{}", "{1,2,3}", "{NULL}", "{3,2,1}", "{1,NULL,1}"}},
        {"text[]", {"{}", "{a,\"b c\",NULL,\"\"}", "{\"\"}", "{NULL}"}},
        {"numeric(10,2)[]", {"{1.10,-2.00}", "{0}"}},
        {"date[]", {"{2000-01-01,infinity}"}},
        {"bytea[]", {"{\"\\\\xdead\",NULL}"}},
        {"interval[]", {"{\"1 mon 2 days\",00:00:01}"}},
        {"jsonb[]", {"{\"{\\\"a\\\": 1}\",null}"}},
        {"integer[]", {"{1,2,3}", "{{1},{2}}"}, "VARCHAR"},
    };
    return all;
}

struct Stand {
    PgCluster cluster;
    OpenFile duckdb;
    std::unique_ptr<SourceCatalog> catalog = must(connect_source_catalog(cluster.conninfo()));
    std::unique_ptr<SourceQuery> query = must(open_source_query(cluster.conninfo()));

    SourceColumn described(const std::string& type) {
        cluster.exec(
            fmt::format("DROP TABLE IF EXISTS hashed; CREATE TABLE hashed (id int PRIMARY KEY, v {})", type));
        const auto candidates = must(catalog->candidates());
        return must(catalog->describe_candidates(candidates)).at(0).columns.at(1);
    }
    void fill(const std::vector<const char*>& values) const {
        cluster.exec("INSERT INTO hashed VALUES (0, NULL)");
        for (std::size_t i = 0; i < values.size(); ++i)
            cluster.exec(fmt::format("INSERT INTO hashed VALUES ({}, {})", i + 1, quote_literal(values[i])));
    }
    std::vector<std::string> source_hashes(const ComparedColumn& column) {
        std::vector<std::string> hashes;
        const std::string sql = hash_sql(column.hashed, column.source_value, "v");
        for (const auto& row :
             must(query->rows(fmt::format("SELECT {} FROM public.hashed ORDER BY id", sql))))
            hashes.push_back(row.at(0).value_or("NULL"));
        return hashes;
    }
    std::vector<std::string> target_hashes(const ComparedColumn& column, const TargetColumn& target) {
        must(duckdb.session->execute("DROP TABLE IF EXISTS hashed"));
        must(duckdb.session->execute(fmt::format("CREATE TABLE hashed (id BIGINT, v {})", target.sql_type)));
        const std::vector<TargetColumn> columns{id_column, column_of("v", target.sql_type, target.encoding)};
        must(duckdb.session->begin());
        auto loader = must(duckdb.session->load({"", "main", "hashed"}, columns, LoadFormat::Binary));
        for (const auto& row : must(query->rows(
                 "SELECT id, CASE WHEN v IS NOT NULL THEN concat(v) END FROM public.hashed ORDER BY id")))
            must(loader->append(load_row(columns, row)));
        must(loader->finish());
        loader.reset();
        must(duckdb.session->commit());
        std::vector<std::string> hashes;
        must(duckdb.session->scan_hashed("SELECT v FROM hashed ORDER BY id", {&column.hashed, 1}, 1,
                                         [&](const HashedRows& rows) -> Status {
                                             for (const std::uint64_t hash : rows.row_hashes)
                                                 hashes.push_back(
                                                     std::to_string(static_cast<std::int64_t>(hash)));
                                             return success();
                                         }));
        return hashes;
    }
};

}  // namespace

TEST_CASE("PostgreSQL and DuckDB hash the same value of every type to the same number") {
    Stand stand;
    for (const HashedType& type : types()) {
        INFO(type.type << " " << type.target);
        const SourceColumn source = stand.described(type.type);
        const TargetColumn target = must(stand.duckdb.session->map_column(source, type.target));
        const auto column = compare_as(source, target, WarehouseKind::DuckDb, 3);
        REQUIRE(column);
        stand.fill(type.values);
        const auto at_source = stand.source_hashes(*column);
        CHECK(at_source == stand.target_hashes(*column, target));
        const std::set<std::string> distinct(at_source.begin(), at_source.end());
        const bool has_both_zeros =
            std::string_view(type.type) == "real" || std::string_view(type.type) == "double precision";
        CHECK(distinct.size() + (has_both_zeros && type.target[0] == '\0' ? 1 : 0) == at_source.size());
    }
}

TEST_CASE("values that differ in one half, in sign, in scale or in place hash to different numbers") {
    Stand stand;
    const std::vector<HashedType> pairs = {
        {"bigint", {"1", "4294967296"}},
        {"numeric(10,2)", {"1.10", "-1.10"}},
        {"numeric", {"1.1", "1.10"}},
        {"integer[]", {"{1,2}", "{2,1}"}},
        {"integer[]", {"{NULL,1}", "{1,NULL}"}},
        {"interval", {"1 mon", "30 days"}},
        {"interval", {"1 day", "24:00:00"}},
        {"time with time zone", {"12:00:00+00", "13:00:00+01"}},
        {"char(3)", {"a", "ab"}},
        {"timestamptz", {"2026-01-01 00:00:00.000001+00", "2026-01-01 00:00:00.000002+00"}}};
    for (const HashedType& pair : pairs) {
        INFO(pair.type);
        const SourceColumn source = stand.described(pair.type);
        const TargetColumn target = must(stand.duckdb.session->map_column(source, ""));
        stand.fill(pair.values);
        const auto hashes = stand.source_hashes(*compare_as(source, target, WarehouseKind::DuckDb, 0));
        CHECK(hashes.at(1) != hashes.at(2));
    }
}

TEST_CASE("a server that hashes as this machine does passes the probe") {
    Stand stand;
    const HashProbe probe = hash_probe();
    CHECK(must(stand.query->rows(probe.sql)).at(0).at(0) == probe.answer);
}
