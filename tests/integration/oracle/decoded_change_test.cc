#include "tests/integration/oracle/decoded_change.h"

#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

DecodedValue value(const char* column, const char* type, const char* text) {
    return {column, type, text, false};
}

}  // namespace

TEST_CASE("values of test_decoding are read as they were quoted", "[oracle]") {
    const DecodedChange change = parse_decoded_change(
        "table public.t: INSERT: id[integer]:-1 f[double precision]:NaN ok[boolean]:true bits[bit "
        "varying]:B'01' "
        "none[bit]:B'' t[text]:'it''s [a] \"b\": c[text]:''x''' \"with \"\"q\"\" "
        "[x]:\"[text[]]:'{\"a,b\",NULL}' "
        "m[\"Odd S\".\"we]ird\"\"t\"]:'' gone[text]:null word[text]:'null' big[text]:unchanged-toast-datum");
    CHECK(change.op == 'c');
    CHECK(change.tables == std::vector<DecodedName>{{"public", "t"}});
    CHECK_FALSE(change.before.has_value());
    REQUIRE(change.after.has_value());
    DecodedValue gone = value("gone", "text", "");
    gone.text.reset();
    DecodedValue big = gone;
    big.column = "big";
    big.unchanged_toast = true;
    CHECK(*change.after == std::vector<DecodedValue>{
                               value("id", "integer", "-1"), value("f", "double precision", "NaN"),
                               value("ok", "boolean", "true"), value("bits", "bit varying", "01"),
                               value("none", "bit", ""), value("t", "text", "it's [a] \"b\": c[text]:'x'"),
                               value("with \"q\" [x]:", "text[]", "{\"a,b\",NULL}"),
                               value("m", "\"Odd S\".\"we]ird\"t\"", ""), gone, value("word", "text", "null"),
                               big});
}

TEST_CASE("updates come with an old key or without, deletes with a key, a row, or nothing", "[oracle]") {
    const DecodedChange moved = parse_decoded_change(
        "table \"Odd.S\".\"T: \"\"x\"\"\": UPDATE: old-key: id[integer]:1 v[text]:' new-tuple: ' new-tuple: "
        "id[integer]:2 v[text]:'y'");
    CHECK(moved.op == 'u');
    CHECK(moved.tables == std::vector<DecodedName>{{"Odd.S", "T: \"x\""}});
    CHECK(moved.before ==
          std::vector<DecodedValue>{value("id", "integer", "1"), value("v", "text", " new-tuple: ")});
    CHECK(moved.after == std::vector<DecodedValue>{value("id", "integer", "2"), value("v", "text", "y")});

    const DecodedChange plain = parse_decoded_change("table public.t: UPDATE: id[integer]:1");
    CHECK_FALSE(plain.before.has_value());
    CHECK(plain.after == std::vector<DecodedValue>{value("id", "integer", "1")});

    const DecodedChange deleted = parse_decoded_change("table public.t: DELETE: id[integer]:7");
    CHECK(deleted.op == 'd');
    CHECK(deleted.before == std::vector<DecodedValue>{value("id", "integer", "7")});
    CHECK_FALSE(deleted.after.has_value());

    const DecodedChange unknown = parse_decoded_change("table public.t: DELETE: (no-tuple-data)");
    CHECK(unknown.before == std::vector<DecodedValue>{});
}

TEST_CASE("one line truncates several tables", "[oracle]") {
    const DecodedChange change =
        parse_decoded_change("table public.a, \"S, x\".\"b: c\", public.d: TRUNCATE: restart_seqs cascade");
    CHECK(change.op == 't');
    CHECK(change.tables == std::vector<DecodedName>{{"public", "a"}, {"S, x", "b: c"}, {"public", "d"}});
}

TEST_CASE("a line that is none of test_decoding's is refused, not guessed at", "[oracle]") {
    for (const char* line :
         {"", "BEGIN 5", "table public.t INSERT: id[integer]:1", "table public.t: MERGE: id[integer]:1",
          "table public.t: INSERT: id[integer:1", "table public.t: INSERT: id[integer]:'1",
          "table public.t: INSERT: id[integer]:", "table public.t: INSERT: id[integer]:1 ",
          "table public.t: UPDATE: old-key: id[integer]:1"}) {
        INFO(line);
        CHECK_THROWS_AS(parse_decoded_change(line), std::runtime_error);
    }
}

TEST_CASE("commit times are read to the microsecond, before 1970 and after a leap day", "[oracle]") {
    CHECK(parse_commit_instant("COMMIT 5 (at 1970-01-01 00:00:00+00)") == 0);
    CHECK(parse_commit_instant("COMMIT 5 (at 2024-02-29 12:34:56.1+00)") == 1709210096100000);
    CHECK(parse_commit_instant("COMMIT 5 (at 2024-03-01 00:00:00.000001+00)") == 1709251200000001);
    CHECK(parse_commit_instant("COMMIT 5 (at 1969-12-31 23:59:59.999999+00)") == -1);
    CHECK_THROWS_AS(parse_commit_instant("COMMIT 5 (at 2024-02-29 12:34:56+01)"), std::runtime_error);
    CHECK_THROWS_AS(parse_commit_instant("COMMIT 5"), std::runtime_error);
}
