#include "apply/staging_table.h"

#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {

/// Takes every statement, and remembers it.
class RecordingSession final : public WarehouseSession {
 public:
    std::vector<std::string> statements;

    Status execute(const std::string& sql) override {
        statements.push_back(sql.substr(0, sql.find('(')));
        return success();
    }
    Status begin() override { return success(); }
    Status commit() override { return success(); }
    void rollback() override {}
    Result<std::uint64_t> modify(const std::string&) override { return unexpected(); }
    Result<QueryResult> query(const std::string&, std::span<const std::optional<std::string>>) override {
        return unexpected();
    }
    Result<std::unique_ptr<RowLoader>> load(const TargetName&, std::span<const TargetColumn>,
                                            LoadFormat) override {
        return unexpected();
    }
    Result<std::unique_ptr<RowCheck>> row_check(const TargetName&, std::span<const TargetColumn>) override {
        return unexpected();
    }
    Result<TargetColumn> map_column(const SourceColumn&, const std::string&) override { return unexpected(); }
    Result<std::string> normalise_type(const std::string&) override { return unexpected(); }
    Result<std::optional<std::vector<ExistingColumn>>> describe_table(const TargetName&) override {
        return unexpected();
    }
    std::string catalog() const override { return ""; }
    Status end_predecessors() override { return success(); }
    void interrupt() override {}

 private:
    static Error unexpected() { return {ErrorKind::Protocol, "not expected here", "", ""}; }
};

/// A target, and how it is staged.
struct Staged {
    Staged(RelationId id, std::vector<ColumnSpec> columns) {
        PlanSpec spec;
        spec.columns = std::move(columns);
        spec.key = {"id"};
        spec.id = id;
        spec.kind = WarehouseKind::Postgres;
        plan = plan_of(spec);
        std::vector<TargetColumn> staged;
        add_staged_columns(staged, plan, plan.data_count(), 'c');
        table = staging_table(plan, "rows", staged);
    }
    TablePlan plan;
    StagingTable table;
};

using Lines = std::vector<std::string>;

constexpr const char* make_1 = "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_rows_1_0\" ";
constexpr const char* make_2 = "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_rows_2_0\" ";
constexpr const char* drop_1 = "DROP TABLE IF EXISTS \"pg_temp\".\"_walferry_rows_1_0\"";
constexpr const char* drop_2 = "DROP TABLE IF EXISTS \"pg_temp\".\"_walferry_rows_2_0\"";
constexpr const char* clear_1 = "TRUNCATE \"pg_temp\".\"_walferry_rows_1_0\"";

}  // namespace

TEST_CASE(
    "a staging table is made once a session, emptied within a transaction, and made anew for another shape") {
    RecordingSession session;
    Staging staging(session);
    const Staged narrow(1, {int_column("id")}), wide(1, {int_column("id"), text_column("v")});
    REQUIRE(staging.prepare(narrow.plan, {narrow.table}));
    REQUIRE(staging.prepare(narrow.plan, {narrow.table}));
    staging.transaction_ended();
    REQUIRE(staging.prepare(narrow.plan, {narrow.table}));
    REQUIRE(staging.prepare(wide.plan, {wide.table}));
    CHECK(session.statements == Lines{make_1, clear_1, drop_1, make_1});
}

TEST_CASE("what was staged since a savepoint is made anew after a rollback to it, and nothing else") {
    RecordingSession session;
    Staging staging(session);
    const Staged narrow(1, {int_column("id")}), wide(1, {int_column("id"), text_column("v")});
    const Staged other(2, {int_column("id")});
    REQUIRE(staging.prepare(narrow.plan, {narrow.table}));
    const Staging::Mark before = staging.mark();
    REQUIRE(staging.prepare(other.plan, {other.table}));
    staging.back_to(before);
    session.statements.clear();
    REQUIRE(staging.prepare(narrow.plan, {narrow.table}));
    REQUIRE(staging.prepare(other.plan, {other.table}));
    CHECK(session.statements == Lines{clear_1, drop_2, make_2});

    REQUIRE(staging.prepare(wide.plan, {wide.table}));
    staging.back_to(before);
    session.statements.clear();
    REQUIRE(staging.prepare(wide.plan, {wide.table}));  // for now it is the narrow one again
    CHECK(session.statements == Lines{drop_1, make_1});
}

}  // namespace walferry::testing
