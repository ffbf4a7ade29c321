// Capture alone: everything of the reader's side (socket, decoder, relation cache, batches in load form),
// into a warehouse that throws every batch away. The number to hold against pg_recvlogical.
//
//   capture_null CONNECTION SLOT PUBLICATION END_LSN
//
// Reads from the slot's confirmed position to END_LSN, acknowledges nothing, prints events and transactions.

#include <cstdio>
#include <memory>

#include "apply/batch_builder.h"
#include "capture/pgoutput/pgoutput_source.h"
#include "capture/source_catalog.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

using namespace walferry;

namespace {

Status plan_published(const std::string& connection, const std::string& publication,
                      TableRegistry& registry) {
    WALFERRY_TRY(catalog, connect_source_catalog(connection));
    WALFERRY_TRY(tables, catalog->published_tables(publication));
    WALFERRY_TRY(warehouse, open_duckdb_warehouse({":memory:", "128MiB", 1, false}));
    WALFERRY_TRY(session, warehouse->connect());
    for (const SourceTable& source : tables) {
        std::vector<TargetColumn> columns;
        for (const SourceColumn& column : source.columns) {
            WALFERRY_TRY(target, session->map_column(column, ""));
            columns.push_back(std::move(target));
        }
        WALFERRY_TRY(plan,
                     make_table_plan(source, TableRule{}, TargetConfig{}, {"", source.schema, source.name},
                                     WarehouseKind::DuckDb, std::move(columns)));
        auto table = std::make_shared<Table>();
        table->plans.push_back(std::make_shared<TablePlan>(std::move(plan)));
        table->state = TableState::Streaming;
        registry.add(table);
    }
    return success();
}

struct Totals {
    std::uint64_t events = 0;
    std::uint64_t transactions = 0;
    std::uint64_t batches = 0;

    void add(const Batch& batch) {
        events += batch.events;
        transactions += batch.transactions;
        ++batches;
    }
};

/// Takes one event in; whether the stream has reached `end`.
Result<bool> take_in(BatchBuilder& builder, const SourceEvent& event, Lsn end) {
    if (const auto* change = std::get_if<ChangeEvent>(&event)) {
        WALFERRY_TRYV(builder.change(*change));
    } else if (const auto* begin = std::get_if<TransactionBegin>(&event)) {
        WALFERRY_TRYV(builder.begin(begin->transaction));
    } else if (const auto* commit = std::get_if<TransactionCommit>(&event)) {
        builder.commit(commit->transaction);
    } else if (const auto* keepalive = std::get_if<Keepalive>(&event)) {
        builder.position(*keepalive);
    }
    return !builder.in_transaction() && builder.position() >= end;
}

Status capture(const PgoutputOptions& options, Lsn end, Totals& totals) {
    TableRegistry registry;
    WALFERRY_TRYV(plan_published(options.connection, options.publication, registry));
    WALFERRY_TRY(source, start_pgoutput(options));
    BatchBuilder builder(
        BatchLimits{}, registry,
        [&](const Relation& relation) { return Result<std::shared_ptr<Table>>(registry.find(relation.id)); },
        options.start);
    for (bool at_end = false; !at_end;) {
        WALFERRY_TRY(event, source->next());
        if (std::holds_alternative<NothingYet>(event)) {
            source->wait(-1, std::chrono::seconds(1));
            WALFERRY_TRYV(source->keep_alive());
            continue;
        }
        WALFERRY_TRY(reached, take_in(builder, event, end));
        at_end = reached;
        if (builder.full()) totals.add(*builder.take());
    }
    totals.add(*builder.take());
    return success();
}

}  // namespace

int main(int count, char* arguments[]) {
    if (count != 5 || !parse_lsn(arguments[4])) {
        std::fputs("usage: capture_null CONNECTION SLOT PUBLICATION END_LSN\n", stderr);
        return 2;
    }
    Totals totals;
    const Status done =
        capture({arguments[1], arguments[2], arguments[3], Lsn{1}}, *parse_lsn(arguments[4]), totals);
    if (!done) {
        std::fprintf(stderr, "%s\n", describe(done.error()).c_str());
        return 1;
    }
    std::printf("events %llu transactions %llu batches %llu\n",
                static_cast<unsigned long long>(totals.events),
                static_cast<unsigned long long>(totals.transactions),
                static_cast<unsigned long long>(totals.batches));
    return 0;
}
