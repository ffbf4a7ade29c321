#include "apply/history/history_changes.h"

#include <cstdlib>
#include <ostream>
#include <set>

#include "tests/apply/change_chain.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

struct Version {
    ChainRow row;
    PgTime from = 0;
    std::optional<PgTime> to;
    std::uint64_t lsn = 0;

    bool operator==(const Version&) const = default;
};
using Versions = std::map<std::string, std::vector<Version>>;

void showValue(const Version& version, std::ostream& out) {
    for (const Text& field : version.row) out << field.value_or("NULL") << "|";
    out << " " << version.from << "..";
    if (version.to) out << *version.to;
    out << " lsn " << version.lsn;
}

// RC_ASSERT takes an expression apart, and would look at both sides of its `||`: those have parentheses.

/// Tells versions apart by the fields at these places of a row.
using Tracked = std::vector<std::size_t>;

bool tracks_alike(const Tracked& tracked, const ChainRow& one, const ChainRow& other) {
    return std::all_of(tracked.begin(), tracked.end(),
                       [&](std::size_t place) { return one[place] == other[place]; });
}

/// A history by its definition: after each transaction, what is there is compared with what was.
class PlainHistory {
 public:
    explicit PlainHistory(Tracked tracked) : tracked_(std::move(tracked)) {}

    void commit(const ChainRows& now, const Transaction& transaction) {
        std::set<std::string> keys;
        for (const auto& [key, row] : rows_) keys.insert(key);
        for (const auto& [key, row] : now) keys.insert(key);
        for (const std::string& key : keys) {
            const auto before = rows_.find(key);
            const auto after = now.find(key);
            const bool was = before != rows_.end();
            const bool is = after != now.end();
            if (was && is && tracks_alike(tracked_, before->second, after->second)) continue;
            std::vector<Version>& versions = versions_[key];
            PgTime at = transaction.commit_time;
            if (!versions.empty()) at = std::max(at, versions.back().to.value_or(versions.back().from));
            if (was) versions.back().to = at;
            if (is) versions.push_back({after->second, at, {}, transaction.commit_lsn.value});
        }
        rows_ = now;
    }

    const Versions& versions() const { return versions_; }

 private:
    Tracked tracked_;
    ChainRows rows_;
    Versions versions_;
};

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
                RC_ASSERT((state.before == 0 || state.time >= changes.states()[state.before - 1].time));
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

void add(TableBatch& batch, const Relation& relation, const OwnedEvent& owned, const Transaction& transaction,
         Arena& arena) {
    const std::vector<ColumnValue> after = views(owned.after);
    const std::vector<ColumnValue> before = owned.before ? views(*owned.before) : std::vector<ColumnValue>{};
    ChangeEvent event;
    event.kind = owned.kind;
    event.relation = &relation;
    if (owned.before) event.before = TupleData(before);
    event.before_is_full = owned.before_is_full;
    event.after = after;
    event.sequence = {transaction.commit_lsn, 0};
    const Status added = batch.add(event, transaction, arena);
    if (!added) RC_FAIL(added.error().message);
}

/// The stream tells a commit time with the first change already.
std::vector<Transaction> transactions_of(const Chain& chain, bool clock_steps_back) {
    std::vector<Transaction> transactions(1);
    transactions[0].commit_lsn = Lsn{100};
    for (const ChainStep& step : chain) {
        if (!step.ends_transaction()) continue;
        Transaction next = transactions.back();
        transactions.back().commit_time += clock_steps_back ? step.clock : std::abs(step.clock);
        next.commit_lsn.value += 100;
        next.commit_time = transactions.back().commit_time + 1;
        transactions.push_back(next);
    }
    return transactions;
}

/// Where the clock steps back a state that begins no version may hold those after it up, too, but no version
/// is missing, begins before the one before it ended, or before its commit.
void check_alike_but_for_time(const Versions& target, const Versions& expected) {
    RC_ASSERT(target.size() == expected.size());
    for (const auto& [key, wanted] : expected) {
        std::vector<Version> found = target.at(key);
        RC_ASSERT(found.size() == wanted.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            RC_ASSERT(found[i].from >= wanted[i].from);
            RC_ASSERT((!found[i].to || *found[i].to >= found[i].from));
            RC_ASSERT((i == 0 || (found[i - 1].to && *found[i - 1].to <= found[i].from)));
            found[i].from = wanted[i].from;
            if (found[i].to && wanted[i].to) found[i].to = wanted[i].to;
        }
        RC_ASSERT(found == wanted);
    }
}

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

void check_chain(const Chain& chain, bool full, bool tracks_some, bool beside_upsert, bool clock_steps_back) {
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
                add(batch, relation, event, *transaction, arena);
            if (cut || step->ends_transaction()) expected.commit(source.rows(), *transaction++);
        }
        target.apply(std::get<HistoryChanges>(batch.targets().back()));
        if (!clock_steps_back) RC_ASSERT(target.versions() == expected.versions());
        check_alike_but_for_time(target.versions(), expected.versions());
    }
}

}  // namespace

TEST_CASE("the states of any chain make the versions that follow from comparing commit with commit") {
    CHECK(holds("history changes", check_chain));
}

}  // namespace walferry
