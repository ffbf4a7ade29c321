#include "tests/pipeline/schema/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "capture/pgoutput/pgoutput_source.h"
#include "pipeline/table_copy.h"
#include "pipeline/target_destination.h"
#include "tests/support/catch.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry::testing {

PgCluster Follower::source_;
PgCluster Follower::warehouse_server_;

namespace {

std::string config_text(const std::string& connection, const std::string& database, const std::string& rule) {
    return fmt::format(
        "pipeline: {0}\nsource:\n  postgres: {{ connection: \"{1}\", publication: ferry, slot: {0} }}\n"
        "warehouse:\n  postgres: {{ connection: \"host=unused\" }}\n  schema: target\n"
        "tables:\n  - match: public.*\n    {2}\n",
        database, connection, rule);
}

}  // namespace

Follower::Follower(WarehouseKind kind, std::string rule) {
    static int number = 0;
    database_ = fmt::format("follow{}", ++number);
    source_.create_database(database_);
    sql("CREATE PUBLICATION ferry FOR ALL TABLES WITH (publish_via_partition_root = true)");
    config_ = must(parse_config(config_text(source_.url(database_), database_, rule), "f.yaml"));
    if (kind == WarehouseKind::DuckDb) {
        file_ = std::make_unique<OpenFile>();
        warehouse_ = file_->warehouse.get();
    } else {
        warehouse_server_.create_database(database_);
        postgres_ = make_postgres_warehouse({warehouse_server_.conninfo(database_), false, "p"});
        warehouse_ = postgres_.get();
    }
    session_ = must(warehouse_->connect());
    control_ = {kind, session_->catalog(), "walferry", database_};
    must(create_control_schema(*session_, control_));
    position_ = must(create_slot(source_.url(database_), database_));
    Checkpoint first;
    first.position = position_;
    first.slot = database_;
    first.epoch = 1;
    must(CheckpointStore(control_).create(*session_, first));
    restart();
}

/// A server has ten slots at most.
Follower::~Follower() {
    stream_.reset();
    const auto catalog = connect_source_catalog(source_.url(database_));
    for (int attempt = 0; catalog && attempt < 500; ++attempt) {
        if (catalog.value()->drop_slot(database_)) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void Follower::restart() {
    stream_.reset();
    needs_copy_ = false;
    notices.clear();
    registry_ = std::make_unique<TableRegistry>();
    intake_ = std::make_unique<TableIntake>(config_, *warehouse_, control_, *registry_, 1, false);
    changer_ = std::make_unique<SchemaChanger>(config_, control_, 1);
    session_ = must(warehouse_->connect());
    writer_ = std::make_unique<TableWriter>(*session_, control_.kind, 0);
}

void Follower::copy() {
    const auto outcome = must(intake_->take_in());
    REQUIRE_FALSE(outcome.start_again);
    must(copy_planned());
}

Status Follower::copy_planned() {
    std::vector<std::shared_ptr<Table>> tables;
    for (const auto& table : registry_->all()) {
        if (table->state == TableState::Copying) tables.push_back(table);
    }
    if (tables.empty()) return success();
    CopyOptions options;
    options.connection = source_.url(database_);
    options.publication = config_.source.publication;
    TargetDestination targets(control_, {1, 0, nullptr});
    TableCopy copy(options, *warehouse_, targets);
    WALFERRY_TRYV(copy.run(tables, false, {}));
    for (const auto& table : tables) {
        table->state = TableState::Streaming;
        must(TableStateStore(control_).write(*session_, table->state_row(TableState::Streaming), 1));
    }
    // What the copies saw needs no stream.
    position_ = must(must(connect_source_catalog(options.connection))->wal_position());
    return CheckpointStore(control_).save(*session_, position_, 1);
}

Status Follower::follow(bool at_once) {
    const Lsn goal = must(must(connect_source_catalog(source_.url(database_)))->wal_position());
    if (stream_ == nullptr) {
        for (int attempt = 0; stream_ == nullptr; ++attempt) {
            auto started = start_pgoutput({source_.url(database_), database_, "ferry", position_});
            if (started) stream_ = std::move(started).value();
            if (!started && (started.error().kind != ErrorKind::Busy || attempt == 500))
                return started.error();
            if (!started) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    must(stream_->request_position());
    while (position_ < goal) {
        WALFERRY_TRY(event, stream_->next());
        if (std::holds_alternative<NothingYet>(event)) {
            must(stream_->keep_alive());
            stream_->wait(-1, std::chrono::milliseconds(100));
        }
        if (auto* begun = std::get_if<TransactionBegin>(&event)) {
            transaction_ = begun->transaction;
            stepped_ = false;
        }
        if (auto* change = std::get_if<ChangeEvent>(&event)) {
            WALFERRY_TRYV(apply(*change));
        }
        if (auto* committed = std::get_if<TransactionCommit>(&event)) {
            WALFERRY_TRYV(write(false));
            position_ = std::max(position_, committed->transaction.end_lsn);
            if (!at_once) {
                WALFERRY_TRYV(commit());
            }
        }
        if (auto* keepalive = std::get_if<Keepalive>(&event))
            position_ = std::max(position_, keepalive->position);
    }
    return commit();
}

Status Follower::begin() {
    if (open_) return success();
    open_ = true;
    rows_changed_ = false;
    return session_->begin();
}

Status Follower::commit() {
    if (open_) {
        WALFERRY_TRYV(session_->commit());
    }
    open_ = false;
    writer_->transaction_ended();
    WALFERRY_TRYV(CheckpointStore(control_).save(*session_, position_, 1));
    return stream_->acknowledge(position_);
}

Status Follower::apply(const ChangeEvent& event) {
    std::shared_ptr<Table> table = registry_->find(event.relation->id);
    if (table == nullptr) return success();
    WALFERRY_TRYV(begin());
    if (!fits(table->source(), *event.relation)) {
        WALFERRY_TRYV(write(true));
        WALFERRY_TRY(reshaped,
                     changer_->reshape(*session_, table, *event.relation, event.sequence, rows_changed_));
        needs_copy_ = needs_copy_ || reshaped.needs_copy;
        notices.insert(notices.end(), reshaped.notices.begin(), reshaped.notices.end());
        table = reshaped.table;
        registry_->add(table);
    }
    if (batch_ && batch_->table() != table) {
        WALFERRY_TRYV(write(true));
    }
    if (!batch_) {
        arena_ = std::make_unique<Arena>();
        batch_.emplace(table, false);
    }
    return batch_->add(event, transaction_, *arena_);
}

Status Follower::write(bool transaction_goes_on) {
    if (!batch_) return success();
    const Lsn commit = transaction_.commit_lsn;
    const StepContext step{stepped_ ? commit : Lsn{}, transaction_goes_on ? commit : Lsn{}};
    stepped_ = transaction_goes_on;
    rows_changed_ = true;
    WALFERRY_TRYV(writer_->write(*batch_, step, pg_time_now()));
    batch_.reset();
    return success();
}

std::vector<std::string> Follower::rows(const std::string& query) {
    std::vector<std::string> lines;
    for (const auto& row : must(session_->query(query)).rows) lines.push_back(joined(row));
    return lines;
}

std::vector<std::string> Follower::source_rows(const std::string& query) const {
    std::vector<std::string> lines;
    for (const auto& row : source_.exec(query, database_)) {
        std::vector<std::optional<std::string>> values;
        for (const auto& field : row)
            values.push_back(field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str()));
        lines.push_back(joined(values));
    }
    return lines;
}

std::string Follower::columns(const std::string& name) {
    std::string text;
    const auto described = must(session_->describe_table({session_->catalog(), schema_, name}));
    REQUIRE(described.has_value());
    for (const ExistingColumn& column : *described) text += (text.empty() ? "" : " ") + column.name;
    return text;
}

std::string Follower::type(const std::string& name, const std::string& column) {
    const auto described = must(session_->describe_table({session_->catalog(), schema_, name}));
    REQUIRE(described.has_value());
    for (const ExistingColumn& existing : *described) {
        if (existing.name == column) return existing.sql_type;
    }
    return "none";
}

std::shared_ptr<Table> Follower::table(const std::string& name) const {
    for (const auto& table : registry_->all()) {
        if (table->source().name == name) return table;
    }
    FAIL("no table " << name);
    return nullptr;
}

std::string Follower::state(const std::string& name) {
    for (const TableStateRow& row : must(TableStateStore(control_).read(*session_))) {
        if (row.source_table == name) return std::string(to_string(row.state));
    }
    return "none";
}

WarehouseKind each_kind() {
    const auto kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    UNSCOPED_INFO((kind == WarehouseKind::DuckDb ? "DuckDB" : "PostgreSQL"));
    return kind;
}

void check_equal(Follower& follower, const std::string& columns, const std::string& table) {
    const auto expected = follower.source_rows(fmt::format("SELECT {} FROM {} ORDER BY id", columns, table));
    CHECK(follower.rows(fmt::format("SELECT {} FROM target.{} ORDER BY id", columns, table)) == expected);
    CHECK(follower.rows(fmt::format("SELECT {} FROM target.{}_history WHERE is_current ORDER BY id", columns,
                                    table)) == expected);
}

}  // namespace walferry::testing
