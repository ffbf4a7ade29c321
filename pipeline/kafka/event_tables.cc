#include "pipeline/kafka/event_tables.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "apply/history/latest_plan.h"
#include "model/quote.h"
#include "pipeline/kafka/target_types.h"
#include "pipeline/table_planning.h"
#include "pipeline/target_destination.h"

namespace walferry {

namespace {

std::shared_ptr<Table> streaming_table(const std::vector<PlannedTable>& targets) {
    auto table = std::make_shared<Table>();
    for (const PlannedTable& planned : targets)
        table->plans.push_back(std::make_shared<TablePlan>(planned.plan));
    table->state = TableState::Streaming;
    return table;
}

/// Two workers that make the same table would get in each other's way. (A DuckDB has one worker.)
class TableLock {
 public:
    TableLock(WarehouseSession& session, const ControlSchema& control)
        : session_(session), control_(control), taken_(ask("lock")) {}
    ~TableLock() { (void)ask("unlock"); }
    TableLock(const TableLock&) = delete;
    TableLock& operator=(const TableLock&) = delete;

    const Status& taken() const { return taken_; }

 private:
    Status ask(const char* what) {
        if (control_.kind == WarehouseKind::DuckDb) return success();
        auto asked = session_.query(fmt::format(
            "SELECT pg_catalog.pg_advisory_{}(pg_catalog.hashtextextended({} || chr(10) || {}, 8))", what,
            quote_literal(control_.schema), control_.pipeline_literal()));
        return asked ? Status{success()} : Status{asked.error()};
    }

    WarehouseSession& session_;
    const ControlSchema& control_;
    Status taken_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

}  // namespace

EventTables::EventTables(const Config& config, Warehouse& warehouse, ControlSchema control,
                         TableRegistry& registry, EventShapes& shapes)
    : config_(config),
      warehouse_(warehouse),
      control_(control),
      states_(control),
      history_(std::move(control)),
      registry_(registry),
      shapes_(shapes) {}

Result<WarehouseSession*> EventTables::session() {
    if (session_ == nullptr) {
        WALFERRY_TRY(connected, warehouse_.connect());
        session_ = std::move(connected);
    }
    return session_.get();
}

Result<std::vector<SourceTable>> event_tables(WarehouseSession& session, const ControlSchema& control) {
    WALFERRY_TRY(states, TableStateStore(control).read(session));
    WALFERRY_TRY(known, SchemaHistoryStore(control).last_shapes(session));
    std::vector<SourceTable> tables;
    for (const TableStateRow& row : states) {
        const auto shape = known.find(row.relation_id);
        if (shape == known.end()) continue;
        tables.push_back(shape->second.table);
        tables.back().from_kafka = true;
    }
    return tables;
}

Status EventTables::restore(WarehouseSession& session) {
    WALFERRY_TRY(tables, event_tables(session, control_));
    for (const SourceTable& source : tables) {
        shapes_.restore(source);
        if (find_rule(config_, source.schema, source.name) == nullptr) continue;
        WALFERRY_TRY(planning, plan_tables(config_, {source}, session, warehouse_.kind()));
        WALFERRY_TRYV(refuse_on_errors(planning.findings));
        const bool all_exist = std::all_of(planning.tables.begin(), planning.tables.end(),
                                           [](const PlannedTable& planned) { return planned.target_exists; });
        // One that is gone is made again when an event of it comes.
        if (!planning.tables.empty() && all_exist) registry_.add(streaming_table(planning.tables));
    }
    return success();
}

Result<std::shared_ptr<Table>> EventTables::resolve(const Relation& relation) {
    if (const auto known = registry_.find(relation.id)) return known;
    if (find_rule(config_, relation.schema, relation.name) == nullptr) {
        spdlog::info("{}: in the topics, but no rule wants it: its events are skipped",
                     relation.qualified_name());
        return std::shared_ptr<Table>{};
    }
    auto table = take_in(shapes_.table_of(relation));
    if (!table) session_.reset();
    return table;
}

/// What a crash leaves is a target without a row in the control tables: the next one takes it as it is. One
/// that another worker took in since this session began is taken in as it was then, and then grows; where
/// that one has seen what we have not, a new session begins with it.
Result<std::shared_ptr<Table>> EventTables::take_in(const SourceTable& events) {
    WALFERRY_TRY(opened, session());
    const TableLock lock(*opened, control_);
    WALFERRY_TRYV(lock.taken());
    WALFERRY_TRY(theirs, history_.last_shape(*opened, events.id));
    SourceTable source = theirs ? theirs->table : events;
    source.from_kafka = true;
    if (!covers(events, source)) {
        return Error{ErrorKind::Busy, events.qualified_name() + ": another worker knows more of it by now",
                     "", ""};
    }
    WALFERRY_TRY(planning, plan_tables(config_, {source}, *opened, warehouse_.kind()));
    WALFERRY_TRYV(refuse_on_errors(planning.findings));
    for (const Finding& finding : planning.findings) spdlog::warn("{}: {}", finding.subject, finding.message);
    if (planning.tables.empty()) {
        return Error{ErrorKind::Refused,
                     source.qualified_name() +
                         ": its events have neither a key nor whole rows of before (REPLICA IDENTITY FULL)",
                     "name the columns that tell its rows apart with `key:` in its rule, then `walferry run "
                     "CONFIG`",
                     ""};
    }
    for (const PlannedTable& planned : planning.tables) {
        WALFERRY_TRYV(create_target(*opened, planned));
        if (!planned.target_exists) {
            WALFERRY_TRYV(add_key_indexes(*opened, planned.plan));
        }
        if (planned.plan.keeps_latest()) {
            WALFERRY_TRYV(opened->execute(create_latest_sql(planned.plan)));
        }
    }
    const auto table = streaming_table(planning.tables);
    WALFERRY_TRYV(opened->begin());
    Status noted = lock_ids(*opened, control_);
    if (noted) noted = states_.write(*opened, table->state_row(TableState::Streaming), 0);
    SchemaVersion version;
    version.shape.table = source;
    version.change = R"({"planned": true})";
    if (noted) noted = history_.append(*opened, {version});
    if (noted) noted = opened->commit();
    if (!noted) {
        opened->rollback();
        return noted.error();
    }
    registry_.add(table);
    return table;
}

std::optional<debezium::KnownTable> EventTables::known(std::string_view schema, std::string_view table) {
    if (const auto source = shapes_.find(schema, table)) {
        debezium::KnownTable known;
        for (const SourceColumn& column : source->columns) {
            if (!column.inferred) known.columns[column.name] = column.type;
        }
        if (!source->columns.empty()) return known;
    }
    auto found = from_target(std::string(schema), std::string(table));
    if (found) return found.value();
    spdlog::warn("{}.{}: the types of its target can't be read: {}", schema, table, describe(found.error()));
    session_.reset();
    return std::nullopt;
}

/// Of the first target that is there: its columns go by the source's names, but for those that are renamed.
Result<std::optional<debezium::KnownTable>> EventTables::from_target(const std::string& schema,
                                                                     const std::string& table) {
    const TableRule* rule = find_rule(config_, schema, table);
    if (rule == nullptr) return std::optional<debezium::KnownTable>{};
    WALFERRY_TRY(opened, session());
    for (const TargetConfig& target : rule->targets) {
        const TargetName name{control_.catalog, replaced(config_.warehouse.schema, "{schema}", schema),
                              replaced(replaced(target.table, "{table}", table), "{schema}", schema)};
        WALFERRY_TRY(existing, opened->describe_table(name));
        if (!existing) continue;
        debezium::KnownTable known;
        for (const ExistingColumn& column : *existing) {
            std::string source_name = column.name;
            for (const auto& [from, to] : rule->rename_columns) {
                if (to == column.name) source_name = from;
            }
            if (rule->columns.of(source_name) != ColumnRule::Clear || rule->types.contains(source_name))
                continue;
            if (const auto type = source_type_of(column.sql_type)) known.columns[source_name] = *type;
        }
        return std::optional(std::move(known));
    }
    return std::optional<debezium::KnownTable>{};
}

}  // namespace walferry
