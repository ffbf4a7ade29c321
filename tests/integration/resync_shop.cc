#include "tests/integration/resync_shop.h"

#include <nlohmann/json.hpp>

#include "tests/integration/duckdb_file.h"
#include "tests/support/catch.h"

namespace walferry::testing {

ResyncShop::ResyncShop(Target of_target, FerryOptions options)
    : Shop(of_target, std::move(options)), target(of_target) {}

void ResyncShop::set_up(const std::string& statements) const {
    sql(statements);
    const Completed caught_up = ferry->catch_up();
    INFO(caught_up.err);
    REQUIRE(caught_up.exit == Exit{0, 0});
}

void ResyncShop::serve() {
    ferry->start();
    const bool caught_up = ferry->caught_up();
    INFO(ferry->log_tail());
    REQUIRE(caught_up);
    REQUIRE(eventually([&] {
        const auto status = ferry->status();
        return status.is_object() && status.value("state", "") == "streaming";
    }));
}

void ResyncShop::close() {
    const bool caught_up = ferry->caught_up();
    INFO(ferry->log_tail());
    CHECK(caught_up);
    CHECK(ferry->stop() == Exit{0, 0});
}

void ResyncShop::damage(const std::string& statements) const {
    if (target == Target::DuckDb) {
        duckdb_execute(ferry->duckdb_path(), statements);
    } else {
        source.exec(statements, "warehouse");
    }
}

Completed ResyncShop::resync(const std::vector<std::string>& arguments,
                             std::chrono::milliseconds timeout) const {
    return ferry->command("resync", arguments, timeout);
}

Process ResyncShop::begin_resync(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {walferry_binary(), "resync", ferry->config().string()});
    return Process({.command = std::move(arguments)});
}

std::string ResyncShop::listed() const {
    const Completed completed = resync({"--list", "--json"});
    INFO(completed.err);
    CHECK(completed.exit == Exit{0, 0});
    const auto resyncs = nlohmann::json::parse(completed.out, nullptr, false);
    std::string text;
    for (const auto& resync : resyncs) {
        text += (text.empty() ? "" : " ") + resync.at("id").dump() + ':' +
                resync.at("table").get<std::string>() + ':' + resync.at("state").get<std::string>();
    }
    return text;
}

bool ResyncShop::one_is(const std::string& state) const {
    return eventually([&] {
        const auto status = ferry->status();
        if (!status.is_object() || !status.contains("resyncs")) return false;
        for (const auto& resync : status["resyncs"]) {
            if (resync.at("state") == state) return true;
        }
        return false;
    });
}

}  // namespace walferry::testing
