#include "pipeline/listed_columns.h"

#include "tests/support/catch.h"

namespace walferry {
namespace {

SourceTable table(const std::string& name, const std::vector<std::string>& columns) {
    SourceTable source;
    source.schema = "public";
    source.name = name;
    for (const std::string& column : columns) source.columns.emplace_back().name = column;
    return source;
}

TableRule rule_with(ColumnRules columns) {
    TableRule rule;
    rule.match = "public.*";
    rule.line = 7;
    rule.columns = std::move(columns);
    return rule;
}

}  // namespace

TEST_CASE("a listed column that some table of the rule has is fine, one that none has is an error") {
    const TableRule rule = rule_with({{"card"}, {"email"}, {"phnoe"}, "key"});
    ListedColumns listed;
    listed.see(table("a", {"id", "email"}), rule);
    listed.see(table("b", {"id", "card"}), rule);
    const std::vector<Finding> findings = listed.findings();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].is_error);
    CHECK(findings[0].subject == "public.* (2 tables)");
    CHECK(findings[0].message ==
          "mask_columns names column phnoe, which no table that the rule of line 7 matches has published");
}

TEST_CASE("columns are looked for among the tables of their own rule") {
    const TableRule first = rule_with({{"x"}, {}, {}, ""}), second = rule_with({{"y"}, {}, {}, ""});
    ListedColumns listed;
    listed.see(table("a", {"y"}), first);
    listed.see(table("b", {"x"}), second);
    CHECK(listed.findings().size() == 2);
}

TEST_CASE("a rule that matches no table yet is no mistake") {
    CHECK(ListedColumns().findings().empty());
}

}  // namespace walferry
