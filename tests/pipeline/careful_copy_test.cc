#include "pipeline/careful_copy.h"

#include "apply/row_fields.h"
#include "checkpoint/control_schema.h"
#include "tests/apply/plans.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry::testing {

namespace {

/// So many rows of (id, v), of which every `bad_each`th has an id that is no number.
class MadeUpRows final : public CopyReader {
 public:
    MadeUpRows(int rows, int bad_each) : rows_(rows), bad_each_(bad_each) {}

    Status start(const SourceTable&, const CopyChunk&, const std::vector<bool>&) override {
        return success();
    }
    Result<std::optional<std::string_view>> next() override {
        if (at_ == rows_) return std::optional<std::string_view>{};
        ++at_;
        row_.clear();
        append_field(row_, at_ % bad_each_ == 0 ? "no number" : std::to_string(at_));
        append_field(row_, "v");
        return std::optional<std::string_view>{row_};
    }
    void interrupt() override {}

 private:
    int rows_, bad_each_, at_ = 0;
    std::string row_;
};

/// A copy of such rows into a DuckDB table, with this bound on how many may be refused.
struct Copying {
    explicit Copying(double rate_max)
        : office({WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"}, rate_max) {
        must(create_control_schema(*file.session, office_control()));
        PlanSpec spec;
        spec.columns = {int_column("id"), text_column("v")};
        spec.key = {"id"};
        spec.target = {file.session->catalog(), "main", "t"};
        plan = plan_of(spec);
        must(file.session->execute(create_table_sql(plan)));
        must(office.open(*file.session));
    }

    ControlSchema office_control() const {
        return {WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"};
    }
    Result<CarefulCopy::Outcome> run(int rows, int bad_each) {
        WarehouseSession& session = *file.session;
        must(session.begin());
        MadeUpRows reader(rows, bad_each);
        const auto commit = [&]() -> Status {
            WALFERRY_TRYV(session.commit());
            return session.begin();
        };
        CarefulCopy copy = must(
            CarefulCopy::make({session, WarehouseKind::DuckDb, plan, plan.target, {}, office, commit, [] {
                                   return Status{success()};
                               }}));
        auto outcome = copy.run(reader, {});
        if (outcome) must(session.commit());
        return outcome;
    }
    std::string count(const std::string& table) {
        return one(*file.session, "SELECT count(*) FROM " + table).value();
    }

    OpenFile file;
    DeadLetterOffice office;
    TablePlan plan;
};

}  // namespace

TEST_CASE("a copy of which few rows are refused goes on, however many that are") {
    // Letters are written by the thousand, long before the group of rows is full that they were found in.
    Copying copying(0.1);
    must(copying.run(25'000, 20));
    CHECK(copying.count("main.t") == "23750");
    CHECK(copying.count("walferry.dead_letter") == "1250");
}

TEST_CASE("a copy of which too many rows are refused stops before a whole group of them is read") {
    Copying copying(0.1);
    const auto outcome = copying.run(25'000, 3);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::Refused);
    CHECK(outcome.error().message.find("dead_letters.max_rate") != std::string::npos);
}

TEST_CASE("what a copy has refused counts together with what the stream has refused") {
    Copying copying(0.1);
    must(copying.run(5'000, 20));
    CHECK(copying.office.note(0, 200));
    CHECK_FALSE(copying.office.note(0, 100));
}

}  // namespace walferry::testing
