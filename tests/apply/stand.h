#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apply/batch_applier.h"
#include "apply/batch_builder.h"
#include "capture/pgoutput/change_decoder.h"
#include "tests/apply/plans.h"
#include "tests/capture/wire.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry::testing {

/// A pipeline's applying half on a DuckDB file: control tables, one target (c0 integer key, c1 text), an
/// applier, and a session of somebody else who looks.
struct Stand {
    explicit Stand(TableState state = TableState::Streaming) {
        control = {WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"};
        must(create_control_schema(*file.session, control));
        must(CheckpointStore(control).create(*file.session, {Lsn{100}, 1, 1, "slot", true, 1}));
        PlanSpec spec;
        spec.columns = {int_column("c0"), text_column("c1")};
        spec.key = {"c0"};
        spec.target = {file.session->catalog(), "main", "t"};
        table = table_of(plan_of(spec), state);
        must(file.session->execute(create_table_sql(*table->plans.front())));
        registry.add(table);
        letters = std::make_unique<DeadLetterOffice>(control, 1.0);
        must(decoder.relation(relation_message(7, "t", 2)));
    }

    BatchApplier applier(std::uint64_t epoch = 1, Lsn position = Lsn{100}, Reshaper* reshaper = nullptr) {
        return BatchApplier(*file.session, WarehouseKind::DuckDb,
                            {std::make_shared<PipelineCheckpoint>(CheckpointStore(control), epoch),
                             TableStateStore(control), registry, *letters, reshaper, epoch, false, position});
    }

    BatchBuilder builder(Lsn position = Lsn{100}) {
        return BatchBuilder(
            {1000, 1u << 20}, registry,
            [this](const Relation&) { return Result<std::shared_ptr<Table>>{table}; }, position);
    }

    /// Messages as the source sends them.
    static std::string insert(int key, const std::string& value) {
        return Wire('I').number<std::uint32_t>(7).letter('N').row({std::to_string(key), value});
    }
    static std::string update(int key, const std::string& value) {
        return Wire('U').number<std::uint32_t>(7).letter('N').row({std::to_string(key), value});
    }
    static std::string remove(int key) {
        return Wire('D').number<std::uint32_t>(7).letter('K').row({std::to_string(key), std::nullopt});
    }

    void begin(BatchBuilder& into, std::uint64_t commit_lsn, std::uint32_t xid = 5) {
        transaction = {xid, Lsn{commit_lsn}, Lsn{commit_lsn + 10}, 1};
        ordinal = 0;
        must(into.begin(transaction));
    }
    void change(BatchBuilder& into, const std::string& message) {
        must(into.change(must(decoder.change(message, 7, {transaction.commit_lsn, ordinal++}))));
    }
    void transact(BatchBuilder& into, std::uint64_t commit_lsn, const std::vector<std::string>& messages,
                  std::uint32_t xid = 5) {
        begin(into, commit_lsn, xid);
        for (const std::string& message : messages) change(into, message);
        into.commit(transaction);
    }

    /// What others see.
    std::vector<std::string> seen_rows() {
        std::vector<std::string> lines;
        for (const auto& row : must(other->query("SELECT c0, c1 FROM main.t ORDER BY c0")).rows)
            lines.push_back(joined(row));
        return lines;
    }
    std::string seen_position() {
        return one(*other, "SELECT lsn FROM walferry.checkpoint WHERE pipeline = 'p'").value();
    }
    std::string seen_kept() { return one(*other, "SELECT count(*) FROM walferry.pending_change").value(); }

    OpenFile file;
    std::unique_ptr<WarehouseSession> other = must(file.warehouse->connect());
    ControlSchema control;
    TableRegistry registry;
    std::unique_ptr<DeadLetterOffice> letters;
    std::shared_ptr<Table> table;
    ChangeDecoder decoder;
    Transaction transaction;
    std::uint64_t ordinal = 0;
};

}  // namespace walferry::testing
