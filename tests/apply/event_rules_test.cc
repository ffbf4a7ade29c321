#include "apply/event_rules.h"

#include "apply/batch_builder.h"
#include "tests/apply/plans.h"
#include "tests/support/catch.h"
#include "tests/warehouse/load_rows.h"

namespace walferry::testing {

namespace {

/// A table (id, a) whose rule masks a column `secret` that it does not have yet, and a reader of it.
struct Reader {
    Reader() {
        PlanSpec spec;
        spec.columns = {int_column("id"), text_column("a")};
        spec.key = {"id"};
        TablePlan plan = plan_of(spec);
        plan.configured_rules.masked = {"secret"};
        table = table_of(std::move(plan));
        registry.add(table);
    }

    /// A change by a relation of these columns.
    Status change(const std::vector<std::string>& columns) {
        relations.push_back(std::make_unique<Relation>(relation_of(*table->plans.front(), ++version)));
        Relation& relation = *relations.back();
        relation.columns.clear();
        for (const std::string& name : columns) {
            const bool key = relation.columns.empty();
            relation.columns.push_back({name, key ? pg_types::int4 : pg_types::text, -1, key});
        }
        std::vector<ColumnValue> row;
        for (std::size_t i = 0; i < columns.size(); ++i) row.push_back({ValueKind::Text, "1"});
        ChangeEvent event;
        event.relation = &relation;
        event.after = row;
        event.message = "message";
        const Transaction transaction{5, Lsn{100 * version}, Lsn{100 * version + 10}, 1};
        event.sequence = {transaction.commit_lsn, 0};
        WALFERRY_TRYV(builder.begin(transaction));
        WALFERRY_TRYV(builder.change(event));
        builder.commit(transaction);
        return success();
    }
    /// The applier has given some table another shape.
    void outdate_plans() { registry.add(table); }

    std::shared_ptr<Table> table;
    TableRegistry registry;
    std::vector<std::unique_ptr<Relation>> relations;
    std::uint64_t version = 0;
    BatchBuilder builder{{1000, 1u << 20},
                         registry,
                         [this](const Relation&) { return Result<std::shared_ptr<Table>>{table}; },
                         Lsn{1}};
};

}  // namespace

TEST_CASE("a column that came and got a rule's name is known to the reader before it is to the plan") {
    Reader reader;
    must(reader.change({"id", "a", "x"}));
    must(reader.change({"id", "a", "secret"}));
    if (GENERATE(false, true)) reader.outdate_plans();
    SECTION("so that another name for it stops the pipeline, before its values pass in clear") {
        const Status renamed = reader.change({"id", "a", "y"});
        REQUIRE_FALSE(renamed);
        CHECK(renamed.error().kind == ErrorKind::Schema);
        CHECK(renamed.error().message.find("secret") != std::string::npos);
    }
    SECTION("so that columns beside it may come and go") {
        must(reader.change({"id", "a", "secret", "y"}));
        must(reader.change({"id", "secret", "z"}));
    }
    SECTION("so that it may go") {
        must(reader.change({"id", "a"}));
    }
}

}  // namespace walferry::testing
