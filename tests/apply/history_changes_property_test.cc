#include "apply/history/history_changes.h"

#include <set>

#include "tests/apply/plain_history.h"
#include "tests/support/catch.h"
#include "tests/warehouse/load_rows.h"

namespace walferry {

using namespace testing;

namespace {

/// A target that takes the states of a batch as they are described: what the batch can't know it looks up in
/// the versions and the newest rows from before the batch.
class StateTarget {
 public:
    explicit StateTarget(Tracked tracked) : tracked_(std::move(tracked)) {}

    void apply(HistoryChanges& changes) {
        changes.finish();
        const ChainRows old = newest_;
        std::set<std::string> chained;
        for (std::uint32_t i = 0; i < changes.chains().size(); ++i) {
            const KeyChain& chain = changes.chains()[i];
            const std::string key = key_text(chain.key);
            RC_ASSERT(chained.insert(key).second);
            RC_ASSERT((chain.existed || !old.contains(key)));
            for (const KeyState& state : changes.states()) {
                if (state.chain != i) continue;
                apply(key, state, old);
            }
        }
        if (!changes.truncate_time()) return;
        for (auto& [key, versions] : versions_) {
            if (chained.contains(key) || versions.back().to) continue;
            versions.back().to = std::max(*changes.truncate_time(), versions.back().from);
            newest_.erase(key);
        }
    }

    const Versions& versions() const { return versions_; }

 private:
    static std::string key_text(std::string_view key) { return fields_of(key, nullptr).at(0).value(); }

    void apply(const std::string& key, const KeyState& state, const ChainRows& old) {
        std::optional<ChainRow> row;
        if (state.present) {
            const auto base = state.has_unchanged ? old.find(key_text(state.base)) : old.end();
            RC_ASSERT((!state.has_unchanged || base != old.end()));
            row = fields_of(state.row, state.has_unchanged ? &base->second : nullptr);
        }
        if (!state.dropped) begin(key, state, row);
        newest_.erase(key);
        if (row) newest_[key] = *row;
    }

    /// The first state of a key is compared here, and later ones as far as the batch could not.
    void begin(const std::string& key, const KeyState& state, const std::optional<ChainRow>& row) {
        const auto before = newest_.find(key);
        const bool was = before != newest_.end();
        const bool alike = was ? row && tracks_alike(tracked_, before->second, *row) : !row;
        RC_ASSERT((!alike || state.before == 0 || state.compare));
        if (alike) return;
        std::vector<Version>& versions = versions_[key];
        PgTime at = state.time;
        if (!versions.empty()) at = std::max(at, versions.back().to.value_or(versions.back().from));
        if (was) versions.back().to = at;
        if (row) versions.push_back({*row, at, {}, state.lsn.value});
    }

    Tracked tracked_;
    ChainRows newest_;
    Versions versions_;
};

/// With an upsert target before it, whose rows the history shares.
std::shared_ptr<Table> history_table(PlanSpec spec, bool tracks_some, bool beside_upsert) {
    const TablePlan upsert = plan_of(spec);
    spec.mode.mode = TableMode::Scd2;
    if (tracks_some) spec.mode.track = {"a", "v"};
    if (!beside_upsert) return table_of(plan_of(spec));
    const auto table = table_of(upsert);
    table->plans.push_back(std::make_shared<const TablePlan>(plan_of(spec)));
    return table;
}

void check_history_changes(const Chain& chain, bool full, bool tracks_some, bool beside_upsert,
                           bool clock_steps_back) {
    ChainTable source(full);
    const auto table = history_table(source.plan_spec(), tracks_some, beside_upsert);
    const Relation relation = relation_of(*table->plans.front());
    const Tracked tracked = tracks_some ? Tracked{1, 2} : Tracked{0, 1, 2, 3};
    PlainHistory expected(tracked);
    StateTarget target(tracked);
    const std::vector<Transaction> transactions = transactions_of(chain, clock_steps_back);
    auto transaction = transactions.begin();
    for (auto step = chain.begin(); step != chain.end();) {
        Arena arena;
        TableBatch batch(table, false);
        bool cut = false;
        for (; step != chain.end() && !cut; ++step) {
            cut = step->kind == ChainStep::Kind::CutBatch || step + 1 == chain.end();
            for (const OwnedEvent& event : source.take(*step))
                must(add_to(batch, relation, event, arena, *transaction));
            if (cut || step->ends_transaction()) expected.commit(source.rows(), *transaction++);
        }
        target.apply(std::get<HistoryChanges>(batch.targets().back()));
        RC_ASSERT(target.versions() == expected.versions());
    }
}

}  // namespace

TEST_CASE("the states of any chain make the versions that follow from comparing commit with commit") {
    CHECK(holds("history changes", check_history_changes));
}

}  // namespace walferry
