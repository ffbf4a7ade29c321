#include "tests/integration/workload_tables.h"

#include <vector>

namespace walferry::testing {
namespace {

struct ExoticColumn {
    const char* name;
    const char* type;
    std::vector<const char*> literals;
};

const std::vector<ExoticColumn>& exotic_columns() {
    static const std::vector<ExoticColumn> columns = {
        {"c_bool", "boolean", {"true", "false"}},
        {"c_int2", "smallint", {"-32768", "32767", "0"}},
        {"c_int4", "integer", {"-2147483648", "2147483647", "0"}},
        {"c_int8", "bigint", {"-9223372036854775808", "9223372036854775807", "0"}},
        {"c_oid", "oid", {"0", "4294967295"}},
        {"c_float4", "real", {"'NaN'", "'Infinity'", "'-0'", "1.1", "3.4028235e38", "1e-45", "16777216"}},
        {"c_float8",
         "double precision",
         {"'NaN'", "'-Infinity'", "'-0'", "0.1", "5e-324", "1.7976931348623157e308"}},
        {"c_numeric", "numeric", {"'NaN'", "'Infinity'", "1e100", "0.00010", "-123.450", "1e-30"}},
        {"c_numeric_12_4", "numeric(12,4)", {"0", "99999999.9999", "-0.0001", "-99999999.9999"}},
        {"c_numeric_38", "numeric(38,10)", {"9999999999999999999999999999.9999999999", "-1", "0.0000000001"}},
        {"c_numeric_50", "numeric(50,10)", {"1e39", "-1234567890123456789012345678901234567890.5"}},
        {"c_money", "money", {"1234.56", "'-92233720368547758.08'", "0"}},
        {"c_char", "char(5)", {"'ab'", "''", "'   x'", "'éàü'"}},
        {"c_varchar", "varchar(12)", {"''", "'tail   '", "'ünïcödé'"}},
        {"c_text",
         "text",
         {"''", "E'tab\\tnew\\nline\\\\N'", "'\\N'", "'NULL'", "'it''s \"quoted\"'", "'{} 🦆'"}},
        {"c_name", "name", {"'a name'", "''"}},
        {"c_bytea", "bytea", {"'\\x'", "'\\x00ff5c'", "decode(repeat('00017f80ff', 40), 'hex')"}},
        {"c_date",
         "date",
         {"'infinity'", "'-infinity'", "'0044-03-15 BC'", "'4713-12-31 BC'", "'5874897-12-31'",
          "'2024-02-29'"}},
        {"c_time", "time", {"'24:00:00'", "'00:00:00'", "'23:59:59.999999'"}},
        {"c_timetz", "timetz", {"'12:34:56.789-07:30'", "'00:00:00+15:59'", "'23:59:59.999999-15:59'"}},
        {"c_timestamp",
         "timestamp",
         {"'infinity'", "'-infinity'", "'0001-12-31 23:59:59.999999 BC'", "'294246-12-31 23:59:59.999999'",
          "'2024-02-29 12:34:56.123456'", "'1969-12-31 23:59:59.999999'"}},
        {"c_timestamptz",
         "timestamptz",
         {"'infinity'", "'-infinity'", "'2024-02-29 12:34:56.1+05:30'", "'4713-12-31 00:00:00 BC'",
          "'1883-11-18 12:00:00 America/New_York'"}},
        {"c_interval",
         "interval",
         {"'-10 mons +04:05:06'", "'1 year 2 mons 3 days 04:05:06.000007'", "'-1 day -00:00:00.000001'",
          "'178000000 years'", "'0'", "'-00:00:00.5'"}},
        {"c_uuid",
         "uuid",
         {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-8fff-fffffffffffe'"}},
        {"c_json",
         "json",
         {"'{\"b\":  1.10, \"a\": [1,2,null], \"a\": 1e400}'", "'null'", "'\"text\"'", "' 1 '"}},
        {"c_jsonb", "jsonb", {"'{\"b\": 1.10, \"a\": \"é\\u0001\"}'", "'[]'", "'12345678901234567890.0'"}},
        {"c_mood", "mood", {"'sad'", "'it''s \"fine\", really'", "''"}},
        {"c_inet", "inet", {"'10.0.0.1'", "'10.1.2.3/8'", "'::1'", "'fe80::1/64'"}},
        {"c_cidr", "cidr", {"'10.0.0.0/8'", "'::/0'"}},
        {"c_macaddr", "macaddr", {"'08:00:2b:01:02:03'"}},
        {"c_int4range", "int4range", {"'[1,5)'", "'empty'", "'(,)'"}},
        {"c_tstzrange", "tstzrange", {"'[2024-01-01 00:00+01,infinity]'", "'(,2024-01-01 00:00+00)'"}},
        {"c_multirange", "int8multirange", {"'{[1,3),[5,7)}'", "'{}'"}},
        {"c_bit", "bit(5)", {"B'10101'", "B'00000'"}},
        {"c_varbit", "varbit", {"B''", "B'1'", "B'0110100'"}},
        {"c_point", "point", {"'(1.5,-2)'", "'(1e300,NaN)'"}},
        {"c_tsvector", "tsvector", {"'''it''''s'':1 b:2A'", "''"}},
        {"c_pg_lsn", "pg_lsn", {"'16/B374D848'", "'0/0'"}},
        {"c_domain", "positive", {"1", "2147483647"}},
        {"c_pair", "pair", {"ROW(1, 'a b')", "ROW(NULL, '\"')"}},
        {"c_ints", "integer[]", {"'{1,NULL,-3}'", "'{}'", "'{2147483647}'"}},
        {"c_texts",
         "text[]",
         {"'{\"a,b\",\"c\\\"d\\\\\",NULL,\"NULL\",\"\",\" x \"}'", "'{}'", "'{\"{}\"}'"}},
        {"c_numerics", "numeric(10,2)[]", {"'{1.50,NULL,-99999999.99}'", "'{}'"}},
        {"c_dates", "date[]", {"'{2024-02-29,infinity,NULL}'", "'{0044-03-15 BC}'"}},
        {"c_timestamptzs", "timestamptz[]", {"'{2024-02-29 12:34:56.1+05:30,-infinity,NULL}'", "'{}'"}},
        {"c_byteas", "bytea[]", {"ARRAY['\\x00ff', NULL, '\\x']::bytea[]", "'{}'"}},
        {"c_moods", "mood[]", {"ARRAY['it''s \"fine\", really', NULL, '']::mood[]", "'{sad}'"}}};
    return columns;
}

std::string literal(const ExoticColumn& column, Random& random) {
    if (below(random, 6) == 0) return "NULL";
    return column.literals[below(random, column.literals.size())];
}

constexpr const char* plain_tables = R"sql(
CREATE TABLE single_key (id integer PRIMARY KEY, name text NOT NULL, amount numeric(12,2), note text);
CREATE TABLE composite_key (a integer, b text, v text, n bigint, PRIMARY KEY (b, a));
CREATE TABLE text_key (code text PRIMARY KEY, v double precision);
CREATE TABLE uuid_key (id uuid PRIMARY KEY, v jsonb, at timestamptz);
CREATE TABLE counters (id integer PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE wide (id integer PRIMARY KEY, small integer, big_1 text, big_2 text, big_3 bytea,
    c_1 text, c_2 text, c_3 integer, c_4 integer, c_5 timestamptz, c_6 numeric, c_7 boolean, c_8 text);
ALTER TABLE wide ALTER big_1 SET STORAGE EXTERNAL, ALTER big_2 SET STORAGE EXTERNAL, ALTER big_3 SET STORAGE EXTERNAL;
CREATE TABLE full_keyed (id integer PRIMARY KEY, small integer, big text);
ALTER TABLE full_keyed REPLICA IDENTITY FULL, ALTER big SET STORAGE EXTERNAL;
CREATE TABLE full_no_key (a integer, b text, c numeric, big text);
ALTER TABLE full_no_key REPLICA IDENTITY FULL, ALTER big SET STORAGE EXTERNAL;
CREATE TABLE by_index (id integer, code text NOT NULL, part integer NOT NULL, v text);
CREATE UNIQUE INDEX by_index_code ON by_index (part, code);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code;
CREATE TABLE parted (id integer, region integer, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_1 (v text, dropped integer, region integer NOT NULL, id integer NOT NULL);
ALTER TABLE parted_1 DROP dropped;
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES IN (1);
CREATE TABLE parted_rest PARTITION OF parted DEFAULT PARTITION BY RANGE (id);
CREATE TABLE parted_rest_all PARTITION OF parted_rest DEFAULT;
CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."Weird ""Table" ("Id" integer, "select" text, "with space" text, "naïve""col" integer,
    dropped integer, "UPPER" text, PRIMARY KEY ("Id"));
ALTER TABLE "Odd Schema"."Weird ""Table" DROP dropped;
INSERT INTO counters SELECT g, 0 FROM generate_series(1, 10) g;
)sql";

}  // namespace

std::string workload_tables_sql() {
    std::string sql =
        "CREATE TYPE mood AS ENUM ('sad', 'it''s \"fine\", really', '');"
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
        "CREATE TYPE pair AS (a integer, b text);";
    sql += plain_tables;
    sql += "CREATE TABLE exotic (id bigint PRIMARY KEY";
    for (const ExoticColumn& column : exotic_columns())
        sql += std::string(", ") + column.name + " " + column.type;
    return sql + ");";
}

std::string exotic_values(Random& random) {
    std::string values;
    for (const ExoticColumn& column : exotic_columns())
        values += (values.empty() ? "" : ", ") + literal(column, random);
    return values;
}

std::string exotic_assignment(Random& random) {
    const auto& columns = exotic_columns();
    const ExoticColumn& column = columns[below(random, columns.size())];
    return std::string(column.name) + " = " + literal(column, random);
}

}  // namespace walferry::testing
