#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/table_writer.h"
#include "capture/change_source.h"
#include "pipeline/schema/schema_changer.h"
#include "pipeline/table_intake.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry::testing {

/// A source of its own, its stream, and a warehouse, with the least of an applier between them: every event
/// is applied by the shape that it came in.
class Follower {
 public:
    /// `rule`: YAML of the one rule, without `match: public.*`.
    explicit Follower(WarehouseKind kind,
                      std::string rule = "targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]");

    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    void sql(const std::string& statements) const { source_.exec(statements, database_); }
    /// Takes the published tables in, and copies those that have to be.
    void copy();
    /// Of the tables that were taken in.
    Status copy_planned();
    /// The same in a new session: nothing of the one before is left.
    void restart();
    /// Applies all that the source has committed by now; each source transaction in a warehouse transaction
    /// of its own, or all of them in one. What reshape says no to ends it.
    Status follow(bool at_once = false);

    Result<TableIntake::Outcome> look() { return intake_->take_in(); }
    /// Rows of the warehouse, in order, as `a|b|NULL`.
    std::vector<std::string> rows(const std::string& query);
    std::vector<std::string> source_rows(const std::string& query) const;
    /// The names of a target's columns in order.
    std::string columns(const std::string& table);
    std::string type(const std::string& table, const std::string& column);
    std::shared_ptr<Table> table(const std::string& name) const;
    std::string state(const std::string& table);

    WarehouseSession& session() { return *session_; }
    const Config& config() const { return config_; }
    const ControlSchema& control() const { return control_; }
    /// The warehouse's schema that has the targets.
    const std::string& schema() const { return schema_; }
    bool needs_copy() const { return needs_copy_; }
    std::vector<OutboxNotice> notices;

 private:
    Status apply(const ChangeEvent& event);
    Status write(bool transaction_goes_on);
    Status begin();
    Status commit();

    static PgCluster source_, warehouse_server_;
    std::string database_, schema_ = "target";
    Config config_;
    std::unique_ptr<OpenFile> file_;
    std::unique_ptr<Warehouse> postgres_;
    Warehouse* warehouse_ = nullptr;
    std::unique_ptr<WarehouseSession> session_;
    ControlSchema control_;
    std::unique_ptr<TableRegistry> registry_;
    std::unique_ptr<TableIntake> intake_;
    std::unique_ptr<SchemaChanger> changer_;
    std::unique_ptr<TableWriter> writer_;
    std::unique_ptr<ChangeSource> stream_;
    Lsn position_;
    Transaction transaction_;
    std::optional<TableBatch> batch_;
    std::unique_ptr<Arena> arena_;
    bool open_ = false, stepped_ = false, rows_changed_ = false, needs_copy_ = false;
};

/// GENERATE: the test runs once a warehouse.
WarehouseKind each_kind();

/// The upsert target, and what is current in the history, hold what the source has, in these columns.
void check_equal(Follower& follower, const std::string& columns, const std::string& table = "t");

inline constexpr const char* table_sql =
    "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n int);"
    "INSERT INTO t SELECT g, 'copied', g FROM generate_series(1, 5) g";

}  // namespace walferry::testing
