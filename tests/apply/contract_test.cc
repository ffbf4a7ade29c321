#include "apply/contract.h"

#include <optional>

#include "apply/contract_schema.h"
#include "model/pg_types.h"
#include "tests/support/catch.h"

namespace walferry {
namespace {

SourceColumn column(const std::string& name, std::uint32_t oid, const std::string& sql = "") {
    SourceColumn described;
    described.name = name;
    described.declared_type_oid = described.type.oid = oid;
    described.type.schema = "pg_catalog";
    described.type.sql = sql;
    return described;
}

SourceTable table_with(std::vector<SourceColumn> columns) {
    SourceTable table;
    table.schema = "public";
    table.name = "t";
    table.columns = std::move(columns);
    return table;
}

ColumnContract rules_of(const std::string& name) {
    ColumnContract rules;
    rules.name = name;
    rules.key = "tables[0].contract.columns." + name;
    rules.line = 9;
    return rules;
}

ColumnContract range_of(std::optional<std::string> low, std::optional<std::string> high) {
    ColumnContract rules = rules_of("v");
    rules.has_range = true;
    rules.low = std::move(low);
    rules.high = std::move(high);
    return rules;
}

ContractConfig contract_of(std::vector<ColumnContract> columns) {
    ContractConfig config;
    config.columns = std::move(columns);
    return config;
}

/// A contract for one column v of this type, and the message of what a value violates.
struct OneColumn {
    OneColumn(std::uint32_t oid, ColumnContract rules, const ColumnRules& hidden = {})
        : contract(Contract::make(contract_of({std::move(rules)}), table_with({column("v", oid)}), hidden)) {}

    std::string operator()(std::optional<std::string> text) {
        const ColumnValue value =
            text ? ColumnValue{ValueKind::Text, *text} : ColumnValue{ValueKind::Null, {}};
        const Violation* violation = contract.value().check({&value, 1});
        return violation == nullptr ? "" : violation->message;
    }
    bool holds(std::optional<std::string> text) { return (*this)(std::move(text)).empty(); }

    Result<Contract> contract;
};

std::string mistake_of(std::uint32_t oid, ColumnContract rules) {
    const SourceTable table = table_with({column("v", oid)});
    const auto problems = contract_problems(contract_of({rules}), table);
    const auto made = Contract::make(contract_of({rules}), table, {});
    CHECK(problems.empty() == made.has_value());
    if (problems.empty()) return "";
    CHECK(made.error().kind == ErrorKind::Configuration);
    return problems[0].key + ": " + problems[0].message;
}

}  // namespace

TEST_CASE("not_null refuses NULL alone, and nothing else refuses NULL") {
    ColumnContract rules = rules_of("v");
    rules.not_null = true;
    OneColumn not_null(pg_types::text, rules);
    CHECK(not_null(std::nullopt) == "column v is NULL");
    CHECK(not_null.holds(""));

    ColumnContract others = range_of("1", "2");
    others.accepted_values = {"1"};
    others.matches = "1";
    CHECK(OneColumn(pg_types::int4, others).holds(std::nullopt));
}

TEST_CASE("accepted values are texts, numbers by value, and booleans as YAML has them") {
    ColumnContract rules = rules_of("v");
    rules.accepted_values = {"new", "paid", ""};
    OneColumn texts(pg_types::text, rules);
    CHECK(texts.holds("paid"));
    CHECK(texts.holds(""));
    CHECK(texts("Paid") == "column v: \"Paid\" is none of the accepted values");
    CHECK_FALSE(texts.holds("new "));

    rules.accepted_values = {"1.5", "10", "NaN"};
    OneColumn numbers(pg_types::numeric, rules);
    CHECK(numbers.holds("1.50"));
    CHECK(numbers.holds("10"));
    CHECK(numbers.holds("NaN"));
    CHECK_FALSE(numbers.holds("1.51"));
    CHECK_FALSE(OneColumn(pg_types::text, rules).holds("1.50"));

    rules.accepted_values = {"true"};
    OneColumn booleans(pg_types::boolean, rules);
    CHECK(booleans.holds("t"));
    CHECK_FALSE(booleans.holds("f"));
}

TEST_CASE("a range of numbers includes its bounds and is exact at any size") {
    OneColumn range(pg_types::numeric, range_of("0", "99999999999999999999.99"));
    CHECK(range.holds("0"));
    CHECK(range.holds("-0.00"));
    CHECK(range.holds("99999999999999999999.990"));
    CHECK(range("99999999999999999999.991") ==
          "column v: \"99999999999999999999.991\" is outside of the range [0, 99999999999999999999.99]");
    CHECK_FALSE(range.holds("-0.0000000000000000000000001"));
    CHECK_FALSE(range.holds("Infinity"));
    CHECK_FALSE(range.holds("NaN"));

    OneColumn open(pg_types::float8, range_of("0", std::nullopt));
    CHECK(open.holds("1e+308"));
    CHECK(open.holds("Infinity"));
    CHECK_FALSE(open.holds("-Infinity"));
    CHECK_FALSE(open.holds("NaN"));
    CHECK(open("-1") == "column v: \"-1\" is outside of the range [0, null]");
    CHECK(OneColumn(pg_types::int8, range_of(std::nullopt, "9223372036854775806"))("9223372036854775807") !=
          "");
}

TEST_CASE("a range in time compares points in time") {
    OneColumn dates(pg_types::date, range_of("2020-02-29", "infinity"));
    CHECK(dates.holds("2020-02-29"));
    CHECK(dates.holds("12020-01-01"));
    CHECK(dates.holds("infinity"));
    CHECK_FALSE(dates.holds("2020-02-28"));
    CHECK_FALSE(dates.holds("0044-03-15 BC"));
    CHECK_FALSE(dates.holds("-infinity"));

    OneColumn zoned(pg_types::timestamptz, range_of("2024-01-01", "2024-01-02T01:00:00+01:00"));
    CHECK(zoned.holds("2024-01-01 00:00:00+00"));
    CHECK(zoned.holds("2024-01-02 00:00:00+00"));
    CHECK_FALSE(zoned.holds("2024-01-02 00:00:00.000001+00"));
    CHECK_FALSE(zoned.holds("2023-12-31 23:59:59.999999+00"));

    OneColumn times(pg_types::time, range_of("08:30:00", "24:00:00"));
    CHECK(times.holds("24:00:00"));
    CHECK_FALSE(times.holds("08:29:59.999999"));
}

TEST_CASE("a pattern must occur in the value; anchored, it must be the value") {
    ColumnContract rules = rules_of("v");
    rules.matches = "@example\\.(com|org)";
    OneColumn part(pg_types::text, rules);
    CHECK(part.holds("a@example.com.test"));
    CHECK_FALSE(part.holds(""));
    CHECK(part("x") == "column v: \"x\" does not match @example\\.(com|org)");
    rules.matches = "^.$";
    OneColumn whole(pg_types::text, rules);
    CHECK(whole.holds("é"));
    CHECK_FALSE(whole.holds("éé"));
}

TEST_CASE("rules that don't fit a column's type are mistakes, with their key and what is allowed") {
    CHECK(mistake_of(pg_types::text, range_of("a", "b")) ==
          "tables[0].contract.columns.v.range: is not supported for the column's type, allowed: range for "
          "numbers, dates, times and timestamps");
    CHECK(mistake_of(pg_types::interval, range_of("1 day", std::nullopt)) != "");
    CHECK(mistake_of(pg_types::int4, range_of("one", std::nullopt)) ==
          "tables[0].contract.columns.v.range: \"one\" is no bound, allowed: a number");
    CHECK(mistake_of(pg_types::int4, range_of("NaN", std::nullopt)) != "");
    CHECK(
        mistake_of(pg_types::date, range_of("31.1.2024", std::nullopt)) ==
        "tables[0].contract.columns.v.range: \"31.1.2024\" is no bound, allowed: a date such as 2024-01-31");
    CHECK(mistake_of(pg_types::timestamp, range_of("2024-02-30", std::nullopt)) != "");
    CHECK(mistake_of(pg_types::numeric, range_of("2", "1.9")) ==
          "tables[0].contract.columns.v.range: is empty, allowed: a low that is not above high");
    CHECK(mistake_of(pg_types::numeric, range_of("2", "2")) == "");
    ColumnContract rules = rules_of("v");
    rules.accepted_values = {"1", "x"};
    CHECK(mistake_of(pg_types::int8, rules) ==
          "tables[0].contract.columns.v.accepted_values: \"x\" is no value of the column's type, allowed: "
          "numbers");
    rules.accepted_values = {"yes"};
    CHECK(mistake_of(pg_types::boolean, rules) != "");
}

TEST_CASE("every rule that a row violates is found, in the relation's order of columns") {
    const SourceTable table = table_with({column("id", pg_types::int4), column("v", pg_types::int4)});
    ColumnContract id = rules_of("id"), v = range_of("0", "9");
    id.not_null = true;
    v.accepted_values = {"1", "2"};
    Relation relation;
    relation.version = 4;
    relation.columns = {{"new", 25, -1, false}, {"v", 23, -1, false}, {"id", 23, -1, true}};
    Contract contract = Contract::make(contract_of({id, v, rules_of("gone")}), table, {}, &relation).value();
    CHECK(contract.relation_version() == 4);
    REQUIRE(contract.rules().size() == 3);
    const std::vector<ColumnValue> row{
        {ValueKind::Text, "x"}, {ValueKind::Text, "10"}, {ValueKind::Null, {}}};
    std::string names;
    for (const std::size_t rule : contract.broken(row))
        names += contract.rules()[rule].column + " " + std::string(contract.rules()[rule].name) + ";";
    CHECK(names == "id not_null;v accepted_values;v range;");
    CHECK(contract.check(row)->message == "column id is NULL");
    const std::vector<ColumnValue> unchanged{
        {ValueKind::Null, {}}, {ValueKind::UnchangedToast, {}}, {ValueKind::UnchangedToast, {}}};
    CHECK(contract.broken(unchanged).empty());
}

TEST_CASE("a message has little of a long value, and nothing of one that must not be seen") {
    ColumnContract rules = rules_of("v");
    rules.accepted_values = {"x"};
    CHECK(OneColumn(pg_types::text, rules)(std::string(5000, 'y')).size() < 150);
    const std::string clear = "secret value";
    for (const ColumnRules& hidden : {ColumnRules{{"v"}, {}, {}, ""}, ColumnRules{{}, {"v"}, {}, "key"},
                                      ColumnRules{{}, {}, {"v"}, ""}}) {
        const std::string message = OneColumn(pg_types::text, rules, hidden)(clear);
        CHECK(message.find("the value (not shown, for the column is ") != std::string::npos);
        CHECK(message.find(clear) == std::string::npos);
    }
}

TEST_CASE("types are known by all their names, with or without modifier") {
    const auto is = [](const std::string& sql, const std::string& wanted) {
        return type_is(column("v", 1, sql).type, wanted);
    };
    CHECK(is("integer", "int"));
    CHECK(is("integer", "INT4"));
    CHECK_FALSE(is("bigint", "integer"));
    CHECK(is("numeric(10,2)", "numeric"));
    CHECK(is("numeric(10,2)", "decimal(10, 2)"));
    CHECK_FALSE(is("numeric(10,2)", "numeric(10,3)"));
    CHECK_FALSE(is("numeric", "numeric(10,2)"));
    CHECK(is("timestamp(3) with time zone", "timestamptz"));
    CHECK(is("timestamp(3) with time zone", "timestamp (3)  with time zone"));
    CHECK_FALSE(is("timestamp with time zone", "timestamp"));
    CHECK(is("character varying(20)[]", "varchar[]"));
    CHECK_FALSE(is("integer[]", "integer"));
}

TEST_CASE("columns that are missing or of another type break a contract") {
    ColumnContract total = rules_of("total");
    total.type = "numeric";
    ContractConfig config = contract_of({total});
    config.required = {"id", "status"};
    SourceTable table =
        table_with({column("id", pg_types::int4, "integer"), column("status", pg_types::text, "text"),
                    column("total", pg_types::numeric, "numeric(10,2)")});
    CHECK(schema_breaches(config, table).empty());

    SourceTable changed = table;
    changed.columns[2] = column("total", pg_types::float8, "double precision");
    changed.columns.erase(changed.columns.begin() + 1);
    const auto breaches = schema_breaches(config, changed);
    REQUIRE(breaches.size() == 2);
    CHECK(breaches[0].rule == "required");
    CHECK(breaches[0].message == "column status is not there, but the contract names it");
    CHECK(breaches[1].rule == "type");
    CHECK(breaches[1].message == "column total is double precision, but the contract says numeric");
}

TEST_CASE("a relation that comes with other columns or types breaks a contract") {
    ColumnContract total = rules_of("total");
    total.type = "numeric";
    const ContractConfig config = contract_of({total});
    const SourceTable known = table_with(
        {column("id", pg_types::int4, "integer"), column("total", pg_types::numeric, "numeric(10,2)")});
    Relation relation;
    relation.columns = {{"id", pg_types::int4, -1, true}, {"total", pg_types::numeric, 655366, false}};
    CHECK(schema_breaches(config, relation, known).empty());
    relation.columns[1].type_oid = pg_types::text;
    REQUIRE(schema_breaches(config, relation, known).size() == 1);
    CHECK(schema_breaches(config, relation, known)[0].message ==
          "column total is text, but the contract says numeric");
    relation.columns[1].name = "sum";
    REQUIRE(schema_breaches(config, relation, known).size() == 1);
    CHECK(schema_breaches(config, relation, known)[0].rule == "required");
}

}  // namespace walferry
