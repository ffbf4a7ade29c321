#include <algorithm>

#include "apply/history/latest_plan.h"
#include "apply/table_writer.h"
#include "tests/apply/plain_history.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

using namespace testing;

namespace {

/// How a chain gets into the warehouse, which must make no difference.
struct Way {
    bool full = false;
    bool tracks_some = false;
    bool inserts_are_new = true;
    bool restarts = false;  ///< each warehouse transaction is another session's
    int step_events = 0;    ///< beyond so many a batch ends in the midst of a transaction
};

Way way_of(int number) {
    return {(number & 1) != 0, (number & 2) != 0, (number & 4) == 0, (number & 8) != 0,
            (number & 16) != 0 ? 2 : 1'000};
}

TablePlan plan_of_way(const Way& way, const std::string& catalog) {
    PlanSpec spec = ChainTable(way.full).plan_spec();
    spec.mode.mode = TableMode::Scd2;
    if (way.tracks_some) spec.mode.track = {"a", "v"};
    spec.target = {catalog, "main", "t"};
    TablePlan plan = plan_of(spec);
    plan.inserts_are_new = way.inserts_are_new;
    if (way.tracks_some) plan.latest = {catalog, "main", "newest"};
    return plan;
}

/// A history in a DuckDB file, written as the applier writes it.
class StoredHistory {
 public:
    StoredHistory(WarehouseSession& session, const Way& way)
        : session_(session), way_(way), plan_(plan_of_way(way, session.catalog())) {
        must(session_.execute("DROP TABLE IF EXISTS main.t; DROP TABLE IF EXISTS main.newest"));
        must(session_.execute(create_table_sql(plan_)));
        if (plan_.keeps_latest()) must(session_.execute(create_latest_sql(plan_)));
        table_ = table_of(plan_);
        relation_ = relation_of(plan_);
        begin_batch();
    }

    void add(const OwnedEvent& event, const Transaction& transaction) {
        latest_ = std::max(latest_, transaction.commit_time);
        if (++events_ > way_.step_events) write(transaction.commit_lsn);
        must(add_to(*batch_, relation_, event, arena_, transaction));
    }
    void commit() {
        write({});
        must(session_.commit());
        open_ = false;
        writer_->transaction_ended();
        if (way_.restarts) writer_.reset();
    }

    Versions versions() {
        Versions versions;
        const char* select =
            "SELECT k, a, v, b, epoch_us(valid_from) - 946684800000000, epoch_us(valid_to) - 946684800000000,"
            " is_current, _walferry_lsn FROM main.t ORDER BY k, _walferry_lsn";
        for (const auto& row : must(session_.query(select)).rows) {
            Version version;
            version.row = {row[0], row[1], row[2], row[3]};
            version.from = std::stoll(row[4].value());
            if (row[5]) version.to = std::stoll(*row[5]);
            version.lsn = std::stoull(row[7].value());
            RC_ASSERT((row[6] == "true") == !row[5].has_value());
            versions[row[0].value()].push_back(std::move(version));
        }
        return versions;
    }

 private:
    void begin_batch() {
        batch_.reset();
        arena_ = Arena();
        batch_.emplace(table_, false);
        events_ = 0;
    }

    void write(Lsn leaves_open) {
        if (!open_) {
            must(session_.begin());
            open_ = true;
        }
        if (!writer_) writer_.emplace(session_, WarehouseKind::DuckDb, committed_latest_);
        const Status written = writer_->write(*batch_, {open_transaction_, leaves_open}, 0);
        if (!written) RC_FAIL(written.error().message);
        open_transaction_ = leaves_open;
        if (!leaves_open) committed_latest_ = latest_;
        begin_batch();
    }

    WarehouseSession& session_;
    Way way_;
    TablePlan plan_;
    std::shared_ptr<Table> table_;
    Relation relation_;
    std::optional<TableWriter> writer_;
    Arena arena_;
    std::optional<TableBatch> batch_;
    int events_ = 0;
    bool open_ = false;
    Lsn open_transaction_;
    PgTime latest_ = -1'000'000;
    PgTime committed_latest_ = -1'000'000;
};

void check_history_chain(WarehouseSession& session, const Chain& chain, const Way& way) {
    ChainTable source(way.full);
    PlainHistory expected(way.tracks_some ? Tracked{1, 2} : Tracked{0, 1, 2, 3});
    StoredHistory stored(session, way);
    const std::vector<Transaction> transactions = transactions_of(chain, true);
    auto transaction = transactions.begin();
    for (auto step = chain.begin(); step != chain.end(); ++step) {
        const bool cut = step->kind == ChainStep::Kind::CutBatch || step + 1 == chain.end();
        for (const OwnedEvent& event : source.take(*step)) stored.add(event, *transaction);
        if (cut || step->ends_transaction()) expected.commit(source.rows(), *transaction++);
        if (cut) stored.commit();
    }
    RC_ASSERT(stored.versions() == expected.versions());
}

}  // namespace

TEST_CASE("a stored history is the same however batches are cut, sessions end and the clock steps back") {
    OpenFile file;
    CHECK(holds(
        "stored history",
        [&](const Chain& chain) {
            const int number = *rc::gen::inRange(0, 32);
            try {
                check_history_chain(*file.session, chain, way_of(number));
            } catch (...) {
                file.session->rollback();
                throw;
            }
        },
        40));
}

}  // namespace walferry
