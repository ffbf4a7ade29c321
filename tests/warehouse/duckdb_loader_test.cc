#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"
#include "tests/warehouse/load_rows.h"

using namespace walferry;

namespace {

/// Loads one value into a fresh table of the type, in a transaction.
Status load_value(WarehouseSession& session, const TargetColumn& column, const std::string& text) {
    must(session.execute("CREATE OR REPLACE TABLE one (c " + column.sql_type + ")"));
    must(session.begin());
    auto loader = must(session.load({"", "main", "one"}, {&column, 1}, LoadFormat::Binary));
    Status status = loader->append(load_row({&column, 1}, {text}));
    if (status) status = loader->finish();
    loader.reset();
    if (!status) {
        session.rollback();
        return status;
    }
    return session.commit();
}

TargetColumn target(const std::string& sql_type, ColumnEncoding encoding) {
    return column_of("c", sql_type, encoding);
}

struct Example {
    TargetColumn column;
    std::string text;
    std::string printed;
};

/// Values that DuckDB prints in its own way.
std::vector<Example> differently_printed() {
    return {
        {target("BOOLEAN", {Encoding::Bool}), "t", "true"},
        {target("BOOLEAN", {Encoding::Bool}), "f", "false"},
        {target("UBIGINT", {Encoding::Int8}), "9223372036854775807", "9223372036854775807"},
        {target("DOUBLE", {Encoding::Float8}), "NaN", "nan"},
        {target("DOUBLE", {Encoding::Float8}), "-Infinity", "-inf"},
        {target("DOUBLE", {Encoding::Float8}), "-0", "-0.0"},
        {target("DOUBLE", {Encoding::Float8}), "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {target("DOUBLE", {Encoding::Float8}), "5e-324", "5e-324"},
        {target("FLOAT", {Encoding::Float4}), "3.4028235e+38", "3.4028235e+38"},
        {target("DOUBLE", {Encoding::Numeric}), "123456.789", "123456.789"},
        {target("DOUBLE", {Encoding::Numeric}), "-0.000000123", "-1.23e-07"},
        {target("DOUBLE", {Encoding::Numeric}), "Infinity", "inf"},
        {target("DECIMAL(38,38)", {Encoding::Numeric}), "0.99999999999999999999999999999999999999",
         ".99999999999999999999999999999999999999"},
        {target("DECIMAL(19,2)", {Encoding::Money}), "-$92,233,720,368,547,758.08", "-92233720368547758.08"},
        {target("BLOB", {Encoding::Bytea}), "\\x00ff41", "\\x00\\xFFA"},
        {target("BLOB", {Encoding::Bytea}), "\\x", ""},
        {target("DATE", {Encoding::Date}), "4714-11-24 BC", "4714-11-24 (BC)"},
        {target("DATE", {Encoding::Date}), "5874897-12-31", "5874897-12-31"},
        {target("DATE", {Encoding::Date}), "infinity", "infinity"},
        {target("DATE", {Encoding::Date}), "-infinity", "-infinity"},
        {target("TIMESTAMP", {Encoding::Timestamp}), "4714-11-24 00:00:00 BC", "4714-11-24 (BC) 00:00:00"},
        {target("TIMESTAMP", {Encoding::Timestamp}), "294247-01-10 04:00:54.775806",
         "294247-01-10 04:00:54.775806"},
        {target("TIMESTAMP WITH TIME ZONE", {Encoding::Timestamp}), "2024-02-29 12:34:56.789012+00",
         "2024-02-29 12:34:56.789012+00"},
        {target("TIMESTAMP WITH TIME ZONE", {Encoding::Timestamp}), "infinity", "infinity"},
        {target("TIMESTAMP WITH TIME ZONE", {Encoding::Timestamp}), "-infinity", "-infinity"},
        {target("TIME WITH TIME ZONE", {Encoding::TimeTz}), "24:00:00+15:59:59", "24:00:00+15:59:59"},
        {target("TIME WITH TIME ZONE", {Encoding::TimeTz}), "00:00:00.000001-15:59", "00:00:00.000001-15:59"},
        {target("TIME WITH TIME ZONE", {Encoding::TimeTz}), "12:00:00+00", "12:00:00+00"},
        {target("INTERVAL", {Encoding::Interval}), "1 year 2 mons -3 days +04:05:06.789",
         "1 year 2 months -3 days 04:05:06.789"},
        {target("INTERVAL", {Encoding::Interval}), "-00:00:01", "-00:00:01"},
        {target("INTERVAL", {Encoding::Interval}), "178000000 years", "178000000 years"},
        {target("JSON", {Encoding::Text}), "{\"a\": 1.50}", "{\"a\": 1.50}"},
        {target("JSON", {Encoding::Jsonb}), "{\"a\": 1.50}", "{\"a\": 1.50}"},
        {target("INTEGER[]", {Encoding::Array, Encoding::Int4, 23}), "{1,NULL,-3}", "[1, NULL, -3]"},
        {target("INTEGER[]", {Encoding::Array, Encoding::Int4, 23}), "{}", "[]"},
        {target("VARCHAR[]", {Encoding::Array, Encoding::Text, 25}), "{a,\"a longer text than twelve\",NULL}",
         "[a, a longer text than twelve, NULL]"},
        {target("DECIMAL(20,1)[]", {Encoding::Array, Encoding::Numeric, 1700}), "{1.5,-2}", "[1.5, -2.0]"},
        {target("DATE[]", {Encoding::Array, Encoding::Date, 1082}), "{2020-01-01,infinity}",
         "[2020-01-01, infinity]"},
    };
}

/// Values that DuckDB prints as PostgreSQL does.
std::vector<Example> equally_printed() {
    const auto same = [](const std::string& sql, Encoding kind, const std::vector<std::string>& texts) {
        std::vector<Example> examples;
        for (const auto& text : texts) examples.push_back({target(sql, {kind}), text, text});
        return examples;
    };
    const std::vector<std::vector<Example>> groups = {
        same("SMALLINT", Encoding::Int2, {"32767", "-32768"}),
        same("INTEGER", Encoding::Int4, {"2147483647", "-2147483648"}),
        same("BIGINT", Encoding::Int8, {"9223372036854775807", "-9223372036854775808", "0"}),
        same("UINTEGER", Encoding::Oid, {"4294967295"}),
        same("DECIMAL(4,2)", Encoding::Numeric, {"99.99", "-99.99", "0.00", "0.01", "-1.20"}),
        same("DECIMAL(9,0)", Encoding::Numeric, {"999999999", "-1", "10000"}),
        same("DECIMAL(18,4)", Encoding::Numeric, {"99999999999999.9999", "-0.0001", "10000.0000"}),
        same("DECIMAL(38,0)", Encoding::Numeric, {"99999999999999999999999999999999999999"}),
        same("DECIMAL(38,2)", Encoding::Numeric, {"-999999999999999999999999999999999999.99"}),
        same("DECIMAL(38,9)", Encoding::Numeric, {"99999999999999999999999999999.123456789"}),
        same("VARCHAR", Encoding::Text,
             {"", "exactly 12 b", "a text of 13 b", "ü€😀", std::string(100000, 'x')}),
        same("TIME", Encoding::Time, {"00:00:00", "24:00:00", "23:59:59.999999"}),
        same("UUID", Encoding::Uuid,
             {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
              "12345678-9abc-def0-1234-56789abcdef0"}),
    };
    std::vector<Example> examples;
    for (const auto& group : groups) examples.insert(examples.end(), group.begin(), group.end());
    return examples;
}

}  // namespace

TEST_CASE("every type is stored at its edges") {
    OpenFile open;
    std::vector<Example> examples = differently_printed();
    for (Example& example : equally_printed()) examples.push_back(std::move(example));
    for (const Example& example : examples) {
        CAPTURE(example.column.sql_type, example.text);
        must(load_value(*open.session, example.column, example.text));
        REQUIRE(one(*open.session, "SELECT c FROM one") == example.printed);
    }
}

TEST_CASE("a value that its type can't hold exactly is refused, and the message names column and value") {
    OpenFile open;
    const std::vector<std::pair<TargetColumn, std::string>> bad = {
        {target("DECIMAL(10,2)", {Encoding::Numeric}), "1.005"},
        {target("DECIMAL(10,2)", {Encoding::Numeric}), "0.00001"},
        {target("DECIMAL(10,2)", {Encoding::Numeric}), "100000000"},
        {target("DECIMAL(10,2)", {Encoding::Numeric}), "-100000000.00"},
        {target("DECIMAL(38,2)", {Encoding::Numeric}), "1000000000000000000000000000000000000"},
        {target("DECIMAL(38,38)", {Encoding::Numeric}), "1"},
        {target("DECIMAL(10,2)", {Encoding::Numeric}), "NaN"},
        {target("DECIMAL(38,9)", {Encoding::Numeric}), "Infinity"},
        {target("DOUBLE", {Encoding::Numeric}), std::string(400, '9')},
        {target("DECIMAL(10,2)", {Encoding::Money}), "$100,000,000.00"},
        {target("UBIGINT", {Encoding::Int8}), "-1"},
        {target("INTEGER", {Encoding::Int8}), "2147483648"},
        {target("TIMESTAMP", {Encoding::Timestamp}), "294247-01-10 04:00:54.775807"},
        {target("TIMESTAMP", {Encoding::Timestamp}), "294276-12-31 23:59:59.999999"},
        {target("INTERVAL", {Encoding::Interval}), "infinity"},
        {target("INTEGER[]", {Encoding::Array, Encoding::Int4, 23}), "{{1,2},{3,4}}"},
        {target("INTEGER[]", {Encoding::Array, Encoding::Int4, 23}), "[0:1]={1,2}"},
        {target("DECIMAL(4,2)[]", {Encoding::Array, Encoding::Numeric, 1700}), "{1,100}"},
        {target("VARCHAR", {Encoding::Text}), "\xff"},
        {target("VARCHAR", {Encoding::Text}), "a longer text that ends in half a letter \xc3"},
    };
    for (const auto& [column, text] : bad) {
        CAPTURE(column.sql_type, text);
        const Status status = load_value(*open.session, column, text);
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().kind == ErrorKind::Data);
        CHECK(status.error().message.find("column c") != std::string::npos);
        CHECK(one(*open.session, "SELECT count(*) FROM one") == "0");
    }
    const Status status = load_value(*open.session, target("DECIMAL(10,2)", {Encoding::Numeric}), "-1.00500");
    CHECK(status.error().message.find("-1.00500") != std::string::npos);
}

TEST_CASE("rows over many vectors, with NULLs, texts and lists, arrive as they are") {
    OpenFile open;
    const TargetColumn columns[] = {
        id_column, column_of("t", "VARCHAR", {Encoding::Text}),
        column_of("n", "DECIMAL(12,3)", {Encoding::Numeric}),
        column_of("l", "VARCHAR[]", {Encoding::Array, Encoding::Text, pg_types::text})};
    must(open.session->execute("CREATE TABLE many (id BIGINT, t VARCHAR, n DECIMAL(12,3), l VARCHAR[])"));
    must(open.session->begin());
    auto loader = must(open.session->load({"", "", "many"}, columns, LoadFormat::Binary));
    constexpr int rows = 10000;
    for (int i = 0; i < rows; ++i) {
        const std::string number = std::to_string(i);
        const std::string list = "{" + number + ",\"element number " + number + "\",NULL}";
        std::vector<std::optional<std::string>> values = {number, "text number " + number, number + ".125",
                                                          list};
        if (i % 3 == 0) values[1].reset();
        if (i % 5 == 0) values[2].reset();
        if (i % 7 == 0) values[3].reset();
        must(loader->append(load_row(columns, values)));
    }
    must(loader->finish());
    loader.reset();
    must(open.session->commit());
    CHECK(one(*open.session, "SELECT count(*) FROM many") == "10000");
    CHECK(one(*open.session,
              "SELECT count(*) FROM many WHERE t IS NOT DISTINCT FROM CASE WHEN id % 3 <> 0 THEN 'text "
              "number ' || id END "
              "AND n IS NOT DISTINCT FROM CASE WHEN id % 5 <> 0 THEN id + 0.125 END "
              "AND l IS NOT DISTINCT FROM CASE WHEN id % 7 <> 0 THEN [id::VARCHAR, 'element number ' || id, "
              "NULL] END") == "10000");
}

TEST_CASE("columns are loaded by name, whatever their order, and the others take their default") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE t (a INTEGER, b VARCHAR, c INTEGER DEFAULT 5, d BIGINT)"));
    const TargetColumn columns[] = {column_of("d", "BIGINT", {Encoding::Int8}),
                                    column_of("B", "VARCHAR", {Encoding::Text}),
                                    column_of("a", "INTEGER", {Encoding::Int4})};
    auto loader = must(open.session->load({"", "main", "t"}, columns, LoadFormat::Binary));
    must(loader->append(load_row(columns, {"4", "two", "1"})));
    must(loader->append(load_row(columns, {std::nullopt, "two", std::nullopt})));
    must(loader->finish());
    CHECK(joined(must(open.session->query("SELECT * FROM t ORDER BY a")).rows.at(0)) == "1|two|5|4");
    CHECK(joined(must(open.session->query("SELECT * FROM t ORDER BY a")).rows.at(1)) == "NULL|two|5|NULL");

    const TargetColumn pairs[][2] = {{columns[0], columns[2]},
                                     {columns[2], columns[0]},
                                     {columns[1], columns[0]},
                                     {columns[2], columns[1]}};
    for (const auto& pair : pairs) {
        must(open.session->execute("DELETE FROM t"));
        loader = must(open.session->load({"", "main", "t"}, pair, LoadFormat::Binary));
        must(loader->append(load_row(pair, {"7", "8"})));
        must(loader->finish());
        const auto loaded =
            one(*open.session, "SELECT concat_ws('|', " + pair[0].name + ", " + pair[1].name + ") FROM t");
        CHECK(loaded == "7|8");
    }

    const TargetColumn all[] = {column_of("c", "INTEGER", {Encoding::Int4}), columns[1], columns[0],
                                columns[2]};
    loader = must(open.session->load({"", "main", "t"}, all, LoadFormat::Binary));
    must(loader->append(load_row(all, {"3", "two", "4", "1"})));
    must(loader->finish());
    CHECK(one(*open.session, "SELECT concat_ws(',', a, b, c, d) FROM t WHERE c = 3") == "1,two,3,4");
}

TEST_CASE("several loads are one transaction, and a rollback leaves nothing") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE a (id BIGINT); CREATE TABLE b (id BIGINT)"));
    const auto load_both = [&] {
        for (const char* table : {"a", "b", "a"}) {
            auto loader = must(open.session->load({"", "main", table}, {&id_column, 1}, LoadFormat::Binary));
            for (int i = 0; i < 3000; ++i)
                must(loader->append(load_row({&id_column, 1}, {std::to_string(i)})));
            must(loader->finish());
        }
    };
    const std::string count = "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)";
    must(open.session->begin());
    load_both();
    CHECK(one(*open.session, count) == "6000 3000");
    CHECK(one(*must(open.warehouse->connect()), count) == "0 0");
    open.session->rollback();
    CHECK(one(*open.session, count) == "0 0");
    must(open.session->begin());
    load_both();
    must(open.session->commit());
    CHECK(one(*open.session, count) == "6000 3000");
}

TEST_CASE("a load that is destroyed unfinished leaves nothing after the rollback") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE a (id BIGINT)"));
    must(open.session->begin());
    {
        auto loader = must(open.session->load({"", "main", "a"}, {&id_column, 1}, LoadFormat::Binary));
        for (int i = 0; i < 5000; ++i) must(loader->append(load_row({&id_column, 1}, {std::to_string(i)})));
    }
    open.session->rollback();
    CHECK(one(*open.session, "SELECT count(*) FROM a") == "0");
}

TEST_CASE("a NULL in a NOT NULL column is an error of the row") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE t (id BIGINT NOT NULL)"));
    TargetColumn column = id_column;
    SECTION("known to the loader, it is found at once") {
        column.not_null = true;
        auto loader = must(open.session->load({"", "main", "t"}, {&column, 1}, LoadFormat::Binary));
        const Status status = loader->append(load_row({&column, 1}, {std::nullopt}));
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().kind == ErrorKind::Data);
    }
    SECTION("known to the table only, it is found by the time the load is finished") {
        auto loader = must(open.session->load({"", "main", "t"}, {&column, 1}, LoadFormat::Binary));
        must(loader->append(load_row({&column, 1}, {std::nullopt})));
        const Status status = loader->finish();
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().kind == ErrorKind::Data);
        CHECK(status.error().message.find("t.id") != std::string::npos);
    }
}

TEST_CASE("what doesn't fit the table is refused before a row is loaded") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE t (id VARCHAR)"));
    const auto kind = [&](const TargetName& name, const TargetColumn& column) {
        const auto loader = open.session->load(name, {&column, 1}, LoadFormat::Binary);
        REQUIRE_FALSE(loader.has_value());
        return loader.error().kind;
    };
    CHECK(kind({"", "main", "t"}, id_column) == ErrorKind::Schema);
    CHECK(kind({"", "main", "t"}, column_of("zz", "VARCHAR", {})) == ErrorKind::Schema);
    CHECK(kind({"", "main", "absent"}, id_column) == ErrorKind::Schema);
    CHECK(kind({"", "absent", "t"}, id_column) == ErrorKind::Schema);
}
