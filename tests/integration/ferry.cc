#include "tests/integration/ferry.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/lsn.h"
#include "model/quote.h"

namespace walferry::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool eventually(const std::function<bool()>& condition, milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(milliseconds(25));
    }
    return true;
}

std::string walferry_binary() {
    const char* other = std::getenv("WALFERRY_BINARY");
    return other && *other ? other : WALFERRY_BINARY_PATH;
}

Completed run_walferry(std::vector<std::string> arguments, milliseconds timeout) {
    arguments.insert(arguments.begin(), walferry_binary());
    return run({.command = std::move(arguments)}, timeout);
}

Ferry::Ferry(const PgCluster& source, std::string database, FerryOptions options)
    : source_(&source),
      database_(std::move(database)),
      options_(std::move(options)),
      dir_("ferry"),
      http_port_(free_port()),
      other_port_(free_port()) {
    write_config(source.url(database_, options_.source_user));
}

void Ferry::write_config(const std::string& connection) const {
    std::string warehouse;
    if (!options_.warehouse) {
        warehouse = fmt::format("duckdb: {{ path: \"{}\", memory_limit: 256MiB, threads: 2 }}",
                                duckdb_path().string());
    } else {
        const std::string straight = options_.warehouse->cluster.url(options_.warehouse->name);
        warehouse =
            fmt::format("postgres: {{ connection: \"{}\" }}",
                        options_.warehouse_connection.empty() ? straight : options_.warehouse_connection);
    }
    write_file(config(), fmt::format("pipeline: shop\n"
                                     "source:\n"
                                     "  postgres:\n"
                                     "    connection: \"{}\"\n"
                                     "{}"
                                     "warehouse:\n"
                                     "  {}\n"
                                     "tables:\n"
                                     "{}"
                                     "batch: {}\n"
                                     "http: {{ listen: 127.0.0.1:{} }}\n"
                                     "{}",
                                     connection, options_.source_settings, warehouse, options_.tables,
                                     options_.batch, http_port_, options_.more));
}

void Ferry::move_to(const PgCluster& source) {
    source_ = &source;
    write_config(source.url(database_, options_.source_user));
}

void Ferry::start() {
    process_.emplace(ProcessOptions{.command = {walferry_binary(), "run", config()},
                                    .environment = options_.environment,
                                    .output = dir_ / "run.log"});
}

Process Ferry::start_another() const {
    const std::filesystem::path other = other_config();
    std::string text = read_file(config());
    const std::string port = fmt::format("127.0.0.1:{}", http_port_);
    text.replace(text.find(port), port.size(), fmt::format("127.0.0.1:{}", other_port_));
    write_file(other, text);
    return Process({.command = {walferry_binary(), "run", other}, .output = dir_ / "another.log"});
}

Exit Ferry::stop(milliseconds timeout) {
    process_->signal(SIGCONT);
    process_->signal(SIGTERM);
    const auto exit = process_->wait(timeout);
    if (!exit) process_->kill();
    process_.reset();
    return exit.value_or(Exit{0, SIGKILL});
}

void Ferry::kill() {
    process_.reset();
}

Completed Ferry::command(const std::string& name, std::vector<std::string> arguments,
                         milliseconds timeout) const {
    arguments.insert(arguments.begin(), {name, config().string()});
    return run_walferry(std::move(arguments), timeout);
}

Completed Ferry::catch_up(milliseconds timeout) const {
    return command("run", {"--until-caught-up"}, timeout);
}

nlohmann::json Ferry::status() const {
    // Asked many times a second, a process each would cost more than what is tested.
    httplib::Client service("127.0.0.1", follows_other_ ? other_port_ : http_port_);
    const auto answer = service.Get("/api/v1/status");
    if (answer && answer->status == 200) return nlohmann::json::parse(answer->body, nullptr, false);
    const std::filesystem::path asked = follows_other_ ? other_config() : config();
    const Completed completed = run_walferry({"status", asked, "--json"}, seconds(20));
    return nlohmann::json::parse(completed.out, nullptr, false);
}

bool Ferry::tables_until(const std::function<bool(const nlohmann::json&)>& condition,
                         milliseconds timeout) const {
    bool holds = false;
    const bool ended = eventually(
        [&] {
            const nlohmann::json now = status();
            holds = now.is_object() && now.contains("tables") && now["tables"].is_array() && condition(now);
            return holds || has_ended();
        },
        timeout);
    return ended && holds;
}

bool Ferry::caught_up(milliseconds timeout) const {
    // What is inserted beyond is no commit, and a quiet server sends it when it likes.
    const auto target = parse_lsn(source_->value("SELECT pg_current_wal_flush_lsn()"));
    return tables_until(
        [&](const nlohmann::json& now) {
            const auto lsn = now.find("checkpoint_lsn");
            const auto checkpoint =
                lsn != now.end() && lsn->is_string() ? parse_lsn(lsn->get<std::string>()) : std::nullopt;
            if (!checkpoint || *checkpoint < *target) return false;
            return std::all_of(now["tables"].begin(), now["tables"].end(), [](const nlohmann::json& table) {
                return table["state"] == "streaming" || table["state"] == "excluded";
            });
        },
        timeout);
}

bool Ferry::all_tables_are(const std::string& state, milliseconds timeout) const {
    return tables_until(
        [&](const nlohmann::json& now) {
            return !now["tables"].empty() &&
                   std::all_of(now["tables"].begin(), now["tables"].end(),
                               [&](const nlohmann::json& table) { return table["state"] == state; });
        },
        timeout);
}

std::string Ferry::differences(const std::set<std::string>& left_out) const {
    if (options_.warehouse) return testing::differences(source(), *options_.warehouse, left_out);
    return testing::differences(source(), DuckDbFile(duckdb_path()), left_out);
}

std::string Ferry::warehouse_value(const std::string& sql) const {
    if (options_.warehouse) return options_.warehouse->cluster.value(sql, options_.warehouse->name);
    return DuckDbFile(duckdb_path()).value(sql);
}

std::string Ferry::slot(const std::string& column) const {
    return source_->value("SELECT " + column +
                          " FROM pg_replication_slots WHERE slot_name = 'walferry_shop' AND database = " +
                          quote_literal(database_));
}

std::string Ferry::log_tail() const {
    const std::string text = log();
    constexpr std::size_t bytes_max = 6000;
    return text.size() <= bytes_max ? text : "…" + text.substr(text.size() - bytes_max);
}

}  // namespace walferry::testing
