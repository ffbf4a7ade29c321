// What PostgreSQL's types can hold at most, at least, and at their oddest.
#include <algorithm>

#include "tests/integration/typed_tables.h"

namespace walferry::testing {
namespace {

using Stored = TypedColumn::Stored;

std::vector<TypedColumn> numbers() {
    return {
        {"boolean", {"true", "false"}},
        {"smallint", {"-32768", "32767", "0"}},
        {"integer", {"-2147483648", "2147483647", "0"}},
        {"bigint", {"-9223372036854775808", "9223372036854775807", "0"}},
        {"oid", {"0", "4294967295"}},
        {"real",
         {"NaN", "Infinity", "-Infinity", "-0", "1.1", "-3.4028235e38", "1e-45", "1.17549435e-38",
          "16777217"}},
        {"double precision",
         {"NaN", "Infinity", "-Infinity", "-0", "0.1", "4.9e-324", "-1.7976931348623157e308",
          "2.2250738585072014e-308", "9007199254740993", "123456789012345680"}},
        {"numeric",
         {"NaN", "Infinity", "-Infinity", "0", "0.000", "-0.00010", "10000", "99990000.00010000", "1e400",
          "=('0.' || repeat('0', 16382) || '1')::numeric",
          "=(repeat('9', 131072) || '.' || repeat('9', 16383))::numeric", "=-(10::numeric ^ 131071)"}},
        {"numeric(1)", {"-9", "9", "0"}},
        {"numeric(4,2)", {"-99.99", "99.99", "0.01"}},
        {"numeric(5,5)", {"0.99999", "-0.00001", "0"}},
        {"numeric(9,4)", {"99999.9999", "-99999.9999", "1"}},
        {"numeric(18,6)", {"999999999999.999999", "-999999999999.999999", "0.000001"}},
        {"numeric(38,0)",
         {"99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"}},
        {"numeric(38,38)", {"=('0.' || repeat('9', 38))::numeric(38,38)", "=(-1e-38)::numeric(38,38)", "0"}},
        {"numeric(38,10)", {"-9999999999999999999999999999.9999999999", "0.0000000001", "10000.0000"}},
        {"numeric(39,1)", {"=(repeat('9', 38) || '.9')::numeric(39,1)", "NaN"}},
        {"numeric(1000,500)",
         {"=(repeat('9', 500) || '.' || repeat('9', 500))::numeric(1000,500)", "-1e-500"}},
        {"numeric(5,-2)", {"9999900", "-100", "NaN"}},
        {"numeric(3,5)", {"0.00999", "-0.00001"}},
        {"numeric(10,2)", {"NaN", "99999999.99"}, Stored::NotInDuckDb},
        {"money", {"92233720368547758.07", "-92233720368547758.08", "0", "-0.01", "999.99", "1000"}},
        {"amount", {"-99999999.9999", "0"}},
        {"percent", {"1", "100"}},
        {"xid", {"0", "4294967295"}},
        {"cid", {"7"}},
        {"tid", {"(4294967295,65535)", "(0,1)"}},
        {"xid8", {"0", "18446744073709551615"}},
        {"pg_snapshot", {"10:20:10,14,15"}},
        {"pg_lsn", {"16/B374D848", "0/0", "FFFFFFFF/FFFFFFFF"}},
        {"regtype", {"integer", "timestamp with time zone[]"}},
        {"regclass", {"pg_class", "0"}},
    };
}

std::vector<TypedColumn> texts() {
    static constexpr const char* odd =
        "=E'tab\\t newline\\n return\\r quote\\' double\" back\\\\slash \\\\N NULL {} ,;:|\\x01\\x7f 🦆 é "
        "e\\u0301 \\ufeff'";
    return {
        {"text", {"", odd, "\\N", "NULL", "  padded  ", "=repeat('long ', 50000)", "=E'\\n'"}},
        {"varchar", {"", odd, "tail   "}},
        {"varchar(12)", {"", "ünïcödé", "tail   ", "🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆"}},
        {"char(5)", {"", "ab", "   x", "éàü", "🦆"}},
        {"\"char\"", {"a", "", "'", "\\", "=(-1::integer)::\"char\""}},
        {"name", {"", "a name", "=repeat('n', 63)::name"}},
        {"citext", {"", "Case", "cASE", "it's"}},
        {"label", {"", "Label"}},
        {"xml", {"<a b=\"1\">&lt;é&#233;<!-- c --></a>", "text only", "<?xml version=\"1.0\"?><r/>", ""}},
        {"json",
         {"{\"b\":  1.10, \"a\": [1,2,null], \"a\": 1e400}", "null", "\"\\u0000 \\ud83e\\udd86 \\/\"", " 1 ",
          "-0", "[ ]"}},
        {"jsonb",
         {"{\"b\": 1.10, \"a\": \"é\\u0001\\n\"}", "[]", "null", "12345678901234567890.0", "-0",
          "=('[' || repeat('{\"k\": [1, null, \"x\"]}, ', 5000) || '1]')::jsonb"}},
        {"jsonpath", {"$", "strict $.\"a b\"[*] ? (@.x > 1e1 && @ like_regex \"^é\" flag \"i\")"}},
        {"bytea",
         {"\\x", "\\x00", "=decode('000a0d1a275c7f80ff', 'hex')",
          "=decode(repeat('00ff5c27', 50000), 'hex')"}},
        {"uuid",
         {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
          "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}},
        {"bit(5)", {"10101", "00000"}},
        {"bit(64)", {"=B'1'::bit(64)", "=(~B'0'::bit(64))"}},
        {"varbit", {"", "1", "0110100", "=repeat('10', 500)::varbit"}},
        {"hstore", {"", "a=>1, \"b c\"=>NULL, \"q\\\"\"=>\"it's \\\\ ,=>\", n=>\"NULL\""}},
        {"ltree", {"", "Top.Science.Astronomy"}},
        {"lquery", {"*.Science@.!x|y%"}},
        {"tsvector", {"", "'it''s':1A,2 'b\\\\':3 c", "=to_tsvector('simple', repeat('word ', 300))"}},
        {"tsquery", {"", "!'a b' & (c:*AB | d <3> e)"}},
        {"mood", {"sad", "it's \"fine\", really", "", "ünïcode 🦆"}},
        {"known_mood", {"sad", "it's \"fine\", really", ""}},
        {"mood_domain", {"sad", ""}},
    };
}

std::vector<TypedColumn> times() {
    return {
        {"date",
         {"infinity", "-infinity", "4714-11-24 BC", "0001-12-31 BC", "0001-01-01", "1969-12-31", "1970-01-01",
          "2000-02-29", "9999-12-31", "5874897-12-31"}},
        {"time", {"00:00:00", "24:00:00", "23:59:59.999999", "12:00:00.1"}},
        {"time(0)", {"23:59:59", "24:00:00"}},
        {"timetz",
         {"00:00:00+15:59:59", "24:00:00-15:59:59", "24:00:00+00", "23:59:59.999999-07:30",
          "12:34:56.000001+00"}},
        {"timestamp",
         {"infinity", "-infinity", "4714-11-24 00:00:00 BC", "0001-12-31 23:59:59.999999 BC",
          "1969-12-31 23:59:59.999999", "1970-01-01", "2000-01-01", "1999-12-31 23:59:59.999999",
          "10000-01-01 00:00:00.1", "294247-01-10 04:00:54.775806"}},
        {"timestamp(0)", {"2024-02-29 23:59:59", "infinity"}},
        {"timestamptz",
         {"infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "0044-03-15 12:00:00+00 BC",
          "1883-11-18 12:00:00 America/New_York", "1969-12-31 23:59:59.999999+00", "2024-03-31 02:30:00+02",
          "294247-01-10 04:00:54.775806+00"}},
        {"timestamptz(3)", {"2024-02-29 12:34:56.789+05:30", "-infinity"}},
        {"stamp", {"2024-02-29 12:34:56.789-15:59", "infinity"}},
        {"timestamp(6)",
         {"294276-12-31 23:59:59.999999", "294247-01-10 04:00:54.775807"},
         Stored::NotInDuckDb},
        {"timestamptz(6)", {"294276-12-31 23:59:59.999999+00"}, Stored::NotInDuckDb},
        {"interval",
         {"0", "178956970 years 7 mons", "-178956970 years -8 mons", "2147483647 days", "-2147483648 days",
          "2562047788:00:54.775807", "-2562047788:00:54.775807", "-10 mons +04:05:06",
          "1 year -2 mons 3 days -04:05:06.000007", "-1 day -00:00:00.000001", "-00:00:00.5"}},
        {"interval year to month", {"13 mons", "-1 mon"}},
        {"interval second(0)", {"1:02:03", "-0:00:01"}},
    };
}

std::vector<TypedColumn> places_and_ranges() {
    return {
        {"inet", {"10.0.0.1", "10.1.2.3/8", "0.0.0.0/0", "::1", "fe80::1/64", "::ffff:1.2.3.4"}},
        {"cidr", {"10.0.0.0/8", "::/0", "192.168.100.128/25", "2001:4f8:3:ba::/64"}},
        {"macaddr", {"08:00:2b:01:02:03", "00:00:00:00:00:00"}},
        {"macaddr8", {"08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff"}},
        {"point", {"(1.5,-2)", "(1e300,NaN)", "(Infinity,-0)"}},
        {"line", {"{1,-1,0}", "{0,5,1e-300}"}},
        {"lseg", {"[(0,0),(1,1e10)]"}},
        {"box", {"(1,2),(-1,-2)", "(Infinity,0),(-Infinity,0)"}},
        {"path", {"((0,0),(1,1),(2,0))", "[(0.1,0.2)]"}},
        {"polygon", {"((0,0),(1,1),(2,0))"}},
        {"circle", {"<(1,2),3.5>", "<(0,0),0>"}},
        {"int4range", {"[1,5)", "empty", "(,)", "[-2147483648,2147483647)", "[,0)"}},
        {"int8range", {"[-9223372036854775808,9223372036854775807)", "empty", "(,)"}},
        {"numrange", {"[0.10,1e30]", "(,0.5)", "empty", "[-Infinity,NaN]"}},
        {"tsrange", {"[-infinity,infinity]", "(0044-03-15 BC,2024-02-29 12:00:00.000001]", "empty"}},
        {"tstzrange", {"[2024-01-01 00:00+01,infinity]", "(,2024-01-01 00:00+00)", "empty", "(,)"}},
        {"daterange", {"[2024-02-29,infinity)", "[0001-01-01 BC,)", "empty"}},
        {"float_range", {"[NaN,NaN]", "(-1e-300,Infinity)", "empty"}},
        {"range_domain", {"[1,2)", "empty"}},
        {"int4multirange", {"{}", "{[1,3),[5,7)}", "{(,)}"}},
        {"int8multirange", {"{(,0),[5,)}", "{}"}},
        {"nummultirange", {"{[0.10,1.10],(2,3)}", "{}"}},
        {"tsmultirange", {"{[2024-01-01,2024-01-02),[2024-02-01,infinity]}", "{}"}},
        {"tstzmultirange", {"{[2024-01-01 00:00+01,2024-01-02 00:00+01)}", "{}"}},
        {"datemultirange", {"{[2024-01-01,2024-01-02),[2024-02-01,)}", "{}"}},
        {"float_multirange", {"{[1,2),(3,NaN)}", "{}"}},
    };
}

std::vector<TypedColumn> composites() {
    return {
        {"pair", {"(1,\"a b\")", "(,)", "(,\"\"\"\")", "(-2147483648,\"\")", "(3,\"x,(y)\\\\\")"}},
        {"known_pair", {"(1,\"a b\")", "(,)", "(,\"\"\"\")"}},
        {"pair_domain", {"(1,é)", "(,)"}},
        {"nest",
         {"(\"(1,\"\"a b\"\")\",\"{\"\"(1,x)\"\",NULL,\"\"(,)\"\"}\",sad,1.50,2024-02-29 12:00:00+05:30)",
          "(,,,,)", "(\"(,)\",{},\"it's \"\"fine\"\", really\",-0.01,infinity)"}},
        {"pair[]",
         {"{\"(1,x)\",NULL,\"(,)\"}", "{}", "{\"(,\\\"a,\\\\\\\"b\\\")\"}"},
         Stored::AsTextInPostgres},
        {"known_pair[]", {"{\"(1,x)\",NULL,\"(,)\"}", "{}"}},
        {"pair_domain[]", {"{\"(1,x)\",NULL}", "{}"}, Stored::AsTextInPostgres},
        {"nest[]", {"{\"(\\\"(1,x)\\\",{},sad,1.50,infinity)\",NULL}", "{}"}, Stored::AsTextInPostgres},
        {"int4range[]", {"{\"[1,5)\",empty,NULL,\"(,)\"}", "{}"}},
        {"float_range[]", {"{\"[1,5)\",empty,NULL}", "{}"}, Stored::AsTextInPostgres},
        {"tstzmultirange[]", {"{\"{[2024-01-01 00:00+01,infinity]}\",NULL}", "{}"}},
        {"range_domain[]", {"{\"[1,5)\",empty,NULL}", "{}"}, Stored::AsTextInPostgres},
    };
}

std::vector<TypedColumn> arrays() {
    return {
        {"boolean[]", {"{t,f,NULL}", "{}", "{NULL}"}},
        {"smallint[]", {"{-32768,NULL,32767}", "{}"}},
        {"integer[]", {"{-2147483648,NULL,2147483647}", "{}", "{NULL,NULL}", "=array_fill(7, ARRAY[300])"}},
        {"bigint[]", {"{-9223372036854775808,9223372036854775807}", "{}"}},
        {"oid[]", {"{0,4294967295,NULL}", "{}"}},
        {"real[]", {"{NaN,Infinity,-Infinity,-0,1.1,1e-45,NULL}", "{}"}},
        {"double precision[]", {"{NaN,-Infinity,-0,0.1,4.9e-324,1.7976931348623157e308,NULL}", "{}"}},
        {"numeric[]", {"{NaN,Infinity,1e100,0.00010,NULL}", "{}"}},
        {"numeric(38,10)[]", {"{9999999999999999999999999999.9999999999,-0.0000000001,NULL}", "{}"}},
        {"numeric(50,10)[]", {"{1e39,NULL,NaN}", "{}"}},
        {"money[]", {"{92233720368547758.07,-92233720368547758.08,NULL}", "{}"}},
        {"text[]",
         {"{\"a,b\",\"c\\\"d\\\\\",NULL,\"NULL\",\"\",\" x \",\"{}\",\"🦆\\n\"}", "{}", "{null}"}},
        {"varchar(5)[]", {"{\"\",NULL,\"NULL\",ünï}", "{}"}},
        {"char(3)[]", {"{\"\",a,NULL,éà}", "{}"}},
        {"\"char\"[]", {"{a,NULL,\"\"}", "{}"}},
        {"name[]", {"{\"a name\",NULL,\"\"}", "{}"}},
        {"citext[]", {"{A,a,NULL}", "{}"}, Stored::AsTextInPostgres},
        {"xml[]", {"{\"<a b=\\\"1\\\"/>\",NULL,text}", "{}"}},
        {"json[]", {"{\"{\\\"a\\\":  1.10}\",\"null\",NULL,\"[1, 2]\"}", "{}"}},
        {"jsonb[]", {"{\"{\\\"a\\\": 1.10}\",\"null\",NULL,1}", "{}"}},
        {"bytea[]", {"=ARRAY['\\x00ff', NULL, '\\x']::bytea[]", "{}"}},
        {"uuid[]", {"{00000000-0000-0000-0000-000000000000,NULL}", "{}"}},
        {"bit(3)[]", {"{101,NULL,000}", "{}"}},
        {"varbit[]", {"{101,NULL,\"\"}", "{}"}},
        {"hstore[]", {"{\"\\\"a\\\"=>\\\"1\\\", \\\"b\\\"=>NULL\",NULL,\"\"}", "{}"}},
        {"tsvector[]", {"{\"'a':1\",NULL}", "{}"}},
        {"mood[]", {"=ARRAY['it''s \"fine\", really', NULL, '', 'ünïcode 🦆']::mood[]", "{}"}},
        {"known_mood[]", {"=ARRAY['it''s \"fine\", really', NULL, '']::known_mood[]", "{}"}},
        {"mood_domain[]", {"{sad,NULL}", "{}"}},
        {"positive[]", {"{1,NULL,2147483647}", "{}"}},
        {"amount[]", {"{-99999999.9999,NULL}", "{}"}},
        {"stamp[]", {"{2024-02-29 12:34:56.789-15:59,infinity,NULL}", "{}"}},
        {"more_ints", {"{1,NULL,3}", "{}"}},
        {"date[]", {"{infinity,-infinity,4714-11-24 BC,5874897-12-31,NULL}", "{}"}},
        {"time[]", {"{24:00:00,00:00:00,23:59:59.999999,NULL}", "{}"}},
        {"timetz[]", {"{24:00:00-15:59:59,NULL}", "{}"}},
        {"timestamp[]",
         {"{infinity,-infinity,0044-03-15 12:00:00 BC,294247-01-10 04:00:54.775806,NULL}", "{}"}},
        {"timestamptz[]", {"{infinity,4714-11-24 00:00:00+00 BC,1883-11-18 12:00:00.1-05,NULL}", "{}"}},
        {"interval[]", {"{178956970 years 7 mons,-1 day -00:00:00.000001,NULL}", "{}"}},
        {"inet[]", {"{10.0.0.1,::1/64,NULL}", "{}"}},
        {"point[]", {"{\"(1.5,-2)\",NULL}", "{}"}},
        {"box[]", {"{(1,2),(-1,-2);(3,4),(0,0);NULL}", "{}"}},
        {"pg_lsn[]", {"{16/B374D848,NULL}", "{}"}},
        {"int2vector", {"1 2 3", "", "-32768"}},
        {"oidvector", {"0 4294967295", ""}},
    };
}

std::vector<TypedColumn> shaped_arrays() {
    return {
        {"integer[]",
         {"{{1,2},{3,NULL}}", "[0:2]={1,2,3}", "{}", "{1,NULL}", "[-2:-1][3:3][1:1]={{{1}},{{2}}}",
          "{{{{{{1}}}}}}"},
         Stored::AsTextInDuckDb},
        {"text[]", {"{{\"a,b\",NULL},{\"NULL\",\"\\\"\"}}", "[5:5]={\"[0:1]={}\"}"}, Stored::AsTextInDuckDb},
        {"numeric(10,2)[]", {"{{1.50},{NULL}}", "{}"}, Stored::AsTextInDuckDb},
        {"double precision[]", {"{{NaN,-0},{0.1,NULL}}"}, Stored::AsTextInDuckDb},
        {"timestamptz[]", {"{{infinity},{2024-02-29 12:34:56.1+05:30}}"}, Stored::AsTextInDuckDb},
        {"interval[]", {"[0:0]={-10 mons +04:05:06}"}, Stored::AsTextInDuckDb},
        {"bytea[]", {"=ARRAY[['\\x00ff'], ['\\x']]::bytea[]"}, Stored::AsTextInDuckDb},
        {"mood[]", {"{{sad,\"\"},{NULL,sad}}", "[2:2]={sad}"}, Stored::AsTextInDuckDb},
        {"positive[]", {"{{1,2},{3,4}}", "[0:0]={5}"}, Stored::AsTextInDuckDb},
        {"ints", {"{{1,2},{3,4}}", "[0:0]={5}"}, Stored::AsTextInDuckDb},
        {"box[]", {"{{(1,2),(-1,-2)};{(3,4),(0,0)}}"}, Stored::AsTextInDuckDb},
        {"int4range[]", {"{{empty},{\"(,)\"}}"}, Stored::AsTextInDuckDb},
    };
}

std::vector<TypedColumn> large_texts() {
    // All of the first three planes, and some of those that hold next to nothing.
    static constexpr const char* every_character =
        "=(SELECT string_agg(chr(c), '') FROM generate_series(1, 1114111) c WHERE c NOT BETWEEN 55296 AND "
        "57343 AND (c < 196608 OR c % 97 = 66))";
    return {{"text", {every_character, "=repeat('x', 1000000)"}}};
}

}  // namespace

std::vector<TypedTable> typed_tables(Target target) {
    std::vector<TypedTable> tables = {{"numbers", numbers()},
                                      {"texts", texts()},
                                      {"times", times()},
                                      {"places", places_and_ranges()},
                                      {"composites", composites(), true},
                                      {"arrays", arrays()},
                                      {"shaped", shaped_arrays(), true},
                                      {"large", large_texts()}};
    if (target == Target::Postgres) return tables;
    for (TypedTable& table : tables)
        std::erase_if(table.columns,
                      [](const TypedColumn& column) { return column.stored == Stored::NotInDuckDb; });
    return tables;
}

}  // namespace walferry::testing
