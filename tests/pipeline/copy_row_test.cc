#include "pipeline/copy_row.h"

#include "apply/row_fields.h"
#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

TablePlan plan_with_rules(ColumnRules rules) {
    PlanSpec spec;
    spec.columns = {text_column("card"), int_column("pin"), text_column("email"), int_column("id")};
    spec.columns[1].encoding = Encoding::Text;  // as plan_tables has a hashed column mapped
    spec.key = {"id"};
    const TablePlan plain = plan_of(spec);
    std::vector<TargetColumn> mapped(4);
    for (std::size_t i = 0; i < plain.data_count(); ++i) mapped[plain.source_index[i]] = plain.columns[i];
    TableRule rule;
    rule.metadata = false;
    rule.columns = std::move(rules);
    return make_table_plan(plain.source, rule, spec.mode, spec.target, spec.kind, mapped).value();
}

std::string fields_of(std::string_view row) {
    std::string text;
    for (FieldWalker walker(row); !walker.done();) {
        const std::string_view field = walker.next();
        text += field_length(field) == null_length ? "NULL" : std::string(field.substr(4));
        text += "|";
    }
    return text;
}

}  // namespace

TEST_CASE("the first copy reads no excluded column, and hashes and masks the others' text") {
    const TablePlan plan = plan_with_rules({{"card"}, {"pin"}, {"email"}, "secret"});
    CopyRow copy(plan, {Lsn{1}, 0, 0});
    REQUIRE(copy.source().columns.size() == 3);
    CHECK(copy.source().columns[0].name == "pin");
    CHECK(copy.as_text() == std::vector<bool>{true, true, false});

    std::string row;
    append_field(row, "1234");
    append_field(row, "a@b");
    append_number(row, std::int32_t{7});
    CHECK(fields_of(copy.convert(row).value()) ==
          std::string("\0\0\0\7", 4) + "|" + ValueTransform("secret").transformed(ColumnRule::Hash, "1234") +
              "|****|");

    row.clear();
    row.append("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    append_number(row, std::int32_t{7});
    CHECK(fields_of(copy.convert(row).value()) == std::string("\0\0\0\7", 4) + "|NULL|NULL|");
}

}  // namespace walferry
