#include "apply/upsert/net_changes.h"

#include "apply/row_fields.h"
#include "tests/apply/change_chain.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

/// A target table that takes a batch's net changes as they are described, and nothing else.
class NetTarget {
 public:
    void apply(UpsertChanges& changes) {
        if (changes.truncated()) rows_.clear();
        const ChainRows old = rows_;
        for (const NetChange& change : changes.net().changes()) {
            const std::string key = key_of(change.key);
            RC_ASSERT(change.existed == old.contains(key));
            if (change.existed) rows_.erase(key);
        }
        for (const NetChange& change : changes.net().changes()) {
            if (!change.present) continue;
            RC_ASSERT(leading_fields(change.row, 1) == change.key);
            const ChainRow* base = nullptr;
            if (change.has_unchanged) {
                const auto found = old.find(key_of(change.base));
                RC_ASSERT(found != old.end());
                base = &found->second;
            }
            RC_ASSERT(rows_.emplace(key_of(change.key), fields_of(change.row, base)).second);
        }
    }

    const ChainRows& rows() const { return rows_; }

 private:
    static std::string key_of(std::string_view key) { return fields_of(key, nullptr).at(0).value(); }

    ChainRows rows_;
};

/// With another target beside it the rows of a batch are shared, so that none may be written over.
std::shared_ptr<Table> upserted_table(const PlanSpec& spec, bool shares_rows) {
    const auto table = table_of(plan_of(spec));
    PlanSpec beside = spec;
    beside.mode.mode = TableMode::Scd2;
    if (shares_rows) table->plans.push_back(std::make_shared<const TablePlan>(plan_of(beside)));
    return table;
}

void check_net_changes(const Chain& chain, bool full, bool shares_rows) {
    ChainTable source(full);
    const auto table = upserted_table(source.plan_spec(), shares_rows);
    const Relation relation = relation_of(*table->plans.front());
    NetTarget target;
    for (auto step = chain.begin(); step != chain.end();) {
        Arena arena;
        TableBatch batch(table, false);
        bool cut = false;
        for (; step != chain.end() && !cut; ++step) {
            cut = step->kind == ChainStep::Kind::CutBatch;
            for (const OwnedEvent& event : source.take(*step)) {
                const Status added = add_to(batch, relation, event, arena);
                if (!added) RC_FAIL(added.error().message);
            }
        }
        target.apply(upserted(batch));
        RC_ASSERT(target.rows() == source.rows());
    }
}

}  // namespace

TEST_CASE("net changes of any chain leave the rows that the chain leaves, change by change") {
    CHECK(holds("net changes", check_net_changes));
}

}  // namespace walferry
