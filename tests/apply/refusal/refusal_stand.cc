#include "tests/apply/refusal/refusal_stand.h"

#include "apply/schema/shape_change.h"
#include "tests/capture/wire.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry::testing {

namespace {

constexpr std::uint32_t id = 7;

PgCluster& cluster() {
    static PgCluster one_for_all;
    return one_for_all;
}

void append_row(Wire& wire, const Row& row) {
    wire.number(static_cast<std::int16_t>(row.size()));
    for (const auto& value : row) {
        if (value == unchanged)
            wire.letter('u');
        else
            value ? wire.value('t', *value) : wire.letter('n');
    }
}

std::string relation_message(const SourceTable& table) {
    Wire wire('R');
    std::vector<const SourceColumn*> columns;
    for (const SourceColumn& column : table.columns) {
        if (!column.dropped) columns.push_back(&column);
    }
    const bool full = table.identity == ReplicaIdentity::Full;
    wire.number(id).text(table.schema).text(table.name).letter(full ? 'f' : 'd');
    wire.number(static_cast<std::int16_t>(columns.size()));
    for (const SourceColumn* column : columns) {
        wire.number<std::uint8_t>(full || column->in_identity ? 1 : 0).text(column->name);
        wire.number<std::uint32_t>(column->declared_type_oid).number<std::int32_t>(-1);
    }
    return wire;
}

std::vector<TablePlan> plans_of(const Shape& shape) {
    std::vector<TablePlan> plans;
    for (const PlanSpec& spec : shape.targets) {
        TablePlan plan = plan_of(spec);
        plan.number = static_cast<int>(plans.size());
        plan.source.name = shape.source_name;
        if (shape.dropped >= 0) plan.source.columns[static_cast<std::size_t>(shape.dropped)].dropped = true;
        plans.push_back(std::move(plan));
    }
    return plans;
}

}  // namespace

std::shared_ptr<Table> table_of(const Shape& shape) {
    auto table = std::make_shared<Table>();
    for (TablePlan& plan : plans_of(shape))
        table->plans.push_back(std::make_shared<const TablePlan>(std::move(plan)));
    table->state = TableState::Streaming;
    return table;
}

Result<Reshaped> ScriptedReshaper::reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                                           const Relation& relation, SequenceKey, bool) {
    ++asked;
    for (const Shape& shape : shapes) {
        std::vector<TablePlan> plans = plans_of(shape);
        if (!fits(plans.front().source, relation)) continue;
        if (!shape.statements.empty()) {
            WALFERRY_TRYV(session.execute(shape.statements));
        }
        return Reshaped{with_plans(*table, std::move(plans), {}), shape.needs_copy, {}};
    }
    return Reshaped{table, false, {}};
}

PlanSpec RefusalStand::spec(WarehouseKind kind, TableMode mode, const std::vector<std::string>& texts) {
    PlanSpec spec;
    spec.columns = {int_column("c0")};
    for (const std::string& name : texts) spec.columns.push_back(text_column(name));
    spec.key = {"c0"};
    spec.kind = kind;
    spec.mode.mode = mode;
    const char* name = mode == TableMode::Upsert ? "t" : mode == TableMode::Scd2 ? "t_history" : "t_changes";
    spec.target = {kind == WarehouseKind::DuckDb ? "it's a file" : "", "target", name};  // see DuckDbFile
    return spec;
}

RefusalStand::RefusalStand(WarehouseKind of_kind, Shape first, const std::string& constraint)
    : kind(of_kind) {
    if (kind == WarehouseKind::DuckDb) {
        file = std::make_unique<OpenFile>();
        looker = must(file->warehouse->connect());
    } else {
        cluster().exec("DROP SCHEMA IF EXISTS walferry CASCADE; DROP SCHEMA IF EXISTS target CASCADE");
        postgres = make_postgres_warehouse({cluster().conninfo(), false, "p"});
        looker = must(postgres->connect());
    }
    control = {kind, looker->catalog(), "walferry", "p"};
    must(create_control_schema(*looker, control));
    must(CheckpointStore(control).create(*looker, {Lsn{100}, 1, 1, "slot", true, 1}));
    sql("CREATE SCHEMA target");
    const auto table = table_of(first);
    for (const auto& plan : table->plans) {
        std::string create = create_table_sql(*plan);
        if (plan->number == 0 && !constraint.empty())
            create.replace(create.size() - 1, 1, ", " + constraint + ")");
        sql(create);
        for (const KeyIndex& index : key_indexes(*plan)) sql(index.sql);
    }
    registry.add(table);
    send_shape(first);
    restart();
}

void RefusalStand::restart() {
    applier.reset();
    if (session != nullptr) session->rollback();
    session = must((file != nullptr ? file->warehouse.get() : postgres.get())->connect());
    letters_office = std::make_unique<DeadLetterOffice>(control, 1.0);
    must(letters_office->open(*session));
    applier = std::make_unique<BatchApplier>(
        *session, kind,
        BatchApplier::Owner{std::make_shared<PipelineCheckpoint>(CheckpointStore(control), 1),
                            TableStateStore(control), registry, *letters_office, &reshaper, 1, false,
                            Lsn{lsn_}});
    builder = std::make_unique<BatchBuilder>(
        BatchLimits{1000, 1u << 20}, registry,
        [this](const Relation&) { return Result<std::shared_ptr<Table>>{registry.find(id)}; }, Lsn{lsn_});
}

void RefusalStand::send_shape(const Shape& shape) {
    must(decoder_.relation(relation_message(table_of(shape)->source())));
}

std::string RefusalStand::insert(const Row& row) {
    Wire wire('I');
    wire.number(id).letter('N');
    append_row(wire, row);
    return wire;
}

std::string RefusalStand::update(const Row& row, const Row& old_key) {
    Wire wire('U');
    wire.number(id);
    if (!old_key.empty()) append_row(wire.letter('K'), old_key);
    append_row(wire.letter('N'), row);
    return wire;
}

std::string RefusalStand::update_full(const Row& old_row, const Row& row) {
    Wire wire('U');
    append_row(wire.number(id).letter('O'), old_row);
    append_row(wire.letter('N'), row);
    return wire;
}

std::string RefusalStand::remove(const Row& key, char old_kind) {
    Wire wire('D');
    append_row(wire.number(id).letter(old_kind), key);
    return wire;
}

void RefusalStand::begin() {
    lsn_ += 100;
    transaction_ = {5, Lsn{lsn_}, Lsn{lsn_ + 10}, static_cast<PgTime>(lsn_)};
    ordinal_ = 0;
    must(builder->begin(transaction_));
}

void RefusalStand::change(const std::string& message) {
    must(builder->change(must(decoder_.change(message, id, {transaction_.commit_lsn, ordinal_++}))));
}

void RefusalStand::end() {
    builder->commit(transaction_);
}

void RefusalStand::transact(const std::vector<std::string>& messages) {
    begin();
    for (const std::string& message : messages) change(message);
    end();
}

Result<std::optional<CommittedBatch>> RefusalStand::try_apply() {
    return applier->apply(*builder->take());
}

CommittedBatch RefusalStand::apply() {
    auto applied = try_apply();
    if (!applied) FAIL(applied.error().message << " " << applied.error().way_out);
    REQUIRE(applied.value());
    return std::move(*applied.value());
}

CommittedBatch RefusalStand::apply(const std::vector<std::string>& messages) {
    transact(messages);
    return apply();
}

std::vector<std::string> RefusalStand::rows(const std::string& query) {
    std::vector<std::string> lines;
    for (const auto& row : must(looker->query(query)).rows) lines.push_back(joined(row));
    return lines;
}

std::vector<std::string> RefusalStand::letters() {
    return rows(
        "SELECT op || ' ' || coalesce(CAST(\"key\" AS text), '') || ' ' || state || ' ' || "
        "coalesce(error_code, '') FROM walferry.dead_letter ORDER BY id");
}

}  // namespace walferry::testing
