#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apply/batch_applier.h"
#include "apply/batch_builder.h"
#include "tests/apply/plans.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry::testing {

/// A shape of the source's table, and how its targets come to it.
struct Shape {
    std::vector<PlanSpec> targets;
    std::string statements = {};
    bool needs_copy = false;
    std::string source_name = "t";
    int dropped = -1;  ///< a column that the source has no more, while the targets keep it
};

/// Goes from shape to shape as a test has written them down.
class ScriptedReshaper final : public Reshaper {
 public:
    Result<Reshaped> reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                             const Relation& relation, SequenceKey at, bool rows_changed) override;

    std::vector<Shape> shapes;
    int asked = 0;
};

/// What a test's rows and messages are made of.
inline constexpr const char* unchanged = "\x01unchanged";
using Row = std::vector<std::optional<std::string>>;

/// The applying half of a pipeline on either warehouse: one source table with targets that may refuse rows.
class RefusalStand {
 public:
    /// `constraint`: of the first target, in SQL.
    RefusalStand(WarehouseKind kind, Shape first, const std::string& constraint = "");

    /// A key c0 and a text c1, and more texts.
    static PlanSpec spec(WarehouseKind kind, TableMode mode = TableMode::Upsert,
                         const std::vector<std::string>& texts = {"c1"});

    /// A new session: nothing is known but what the warehouse has.
    void restart();
    /// The relation that the stream sends from now on.
    void send_shape(const Shape& shape);
    static std::string insert(const Row& row);
    static std::string update(const Row& row, const Row& old_key = {});
    static std::string update_full(const Row& old_row, const Row& row);
    static std::string remove(const Row& key, char old_kind = 'K');

    /// A transaction of its own, into the batch that is built.
    void transact(const std::vector<std::string>& messages);
    /// The same piece by piece.
    void begin();
    void change(const std::string& message);
    void end();
    Result<std::optional<CommittedBatch>> try_apply();
    CommittedBatch apply();
    /// Both.
    CommittedBatch apply(const std::vector<std::string>& messages);

    std::vector<std::string> rows(const std::string& query);
    /// `op key state code` of each letter.
    std::vector<std::string> letters();
    void sql(const std::string& statements) { must(looker->execute(statements)); }

    WarehouseKind kind;
    std::unique_ptr<OpenFile> file;
    std::unique_ptr<Warehouse> postgres;
    std::unique_ptr<WarehouseSession> session, looker;
    ControlSchema control;
    TableRegistry registry;
    ScriptedReshaper reshaper;
    std::unique_ptr<DeadLetterOffice> letters_office;
    std::unique_ptr<BatchApplier> applier;
    std::unique_ptr<BatchBuilder> builder;

 private:
    ChangeDecoder decoder_;
    Transaction transaction_;
    std::uint64_t ordinal_ = 0, lsn_ = 100;
};

/// The table with the shape's targets.
std::shared_ptr<Table> table_of(const Shape& shape);

}  // namespace walferry::testing
