#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "checkpoint/checkpoint_store.h"
#include "checkpoint/table_state_store.h"
#include "pipeline/dead_letter_desk.h"
#include "service/http_server.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry::testing {

/// A service of pipeline `shop` whose tables public.t and public.u stream and public.v is copied, in a DuckDB
/// file; what writes does so at once. It carries nothing out by itself.
struct ResyncService {
    ResyncService() {
        config.pipeline = "shop";
        config.warehouse.duckdb.emplace();
        config.warehouse.duckdb->path = file.file.path();
        config.http.listen = "127.0.0.1:0";
        must(create_control_schema(*file.session, control));
        must(CheckpointStore(control).create(*file.session, {Lsn{100}, 1, 1, "slot", true, 1}));
        for (const char* table : {"t", "u", "v"}) {
            TableStateRow row;
            row.source_schema = "public";
            row.source_table = table;
            row.relation_id = static_cast<RelationId>(table[0]);
            row.targets = {{"public", table, "upsert"}};
            row.state = *table == 'v' ? TableState::Copying : TableState::Streaming;
            must(TableStateStore(control).write(*file.session, row, 1));
        }
    }

    /// From now on it answers, on the same port as before.
    void start() {
        server = std::make_unique<HttpServer>(config.http, content());
        for (int i = 0; i < 2000 && server->port() == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        REQUIRE(server->port() != 0);
        const std::string listen = "127.0.0.1:" + std::to_string(server->port());
        if (config.http.listen != listen) config.http.listen = listen;
    }
    void stop() { server.reset(); }

    HttpServer::Content content() {
        HttpServer::Content made;
        made.status = [] {
            StatusReport report;
            report.pipeline = "shop";
            return report;
        };
        made.resyncs = [this] {
            ++asked;
            return ResyncDesk(
                {config, [this] { return file.warehouse->connect(); },
                 busy ? SingleWriter([](std::vector<WriterWork> works) {
                     return std::vector<Status>(works.size(), Error{ErrorKind::Busy, "no session", "", ""});
                 })
                      : make_lone_writer(*file.session, control),
                 &board});
        };
        return made;
    }

    /// What the session would do.
    void end(std::int64_t id, ResyncState state, const std::string& reason = "") {
        const auto session = must(file.warehouse->connect());
        ResyncRow row;
        row.id = id;
        row.state = state;
        row.reason = reason;
        row.rows_copied = 10;
        row.rows_changed = 2;
        must(ResyncStore(control).write(*session, row, 1));
    }

    OpenFile file;
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "shop"};
    Config config;
    ResyncBoard board;
    bool busy = false;
    std::atomic<int> asked{0};
    std::unique_ptr<HttpServer> server;
};

}  // namespace walferry::testing
