#include "tests/integration/event_ferry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "tests/integration/ferry.h"
#include "tests/support/kafka_broker.h"

namespace walferry::testing {

using std::chrono::milliseconds;

EventFerry::EventFerry(EventFerryOptions options)
    : options_(std::move(options)), dir_("event_ferry"), workers_(workers_max) {
    // Short sessions: who was killed gives way soon. What tests need else may be set by them.
    options_.properties.insert({{"session.timeout.ms", "1500"},
                                {"heartbeat.interval.ms", "200"},
                                {"fetch.wait.max.ms", "50"},
                                {"topic.metadata.refresh.interval.ms", "1000"},
                                {"reconnect.backoff.max.ms", "500"}});
    std::vector<std::string> properties;
    for (const auto& [name, value] : options_.properties)
        properties.push_back(fmt::format("      {}: \"{}\"\n", name, value));
    const std::string brokers = options_.brokers.empty() ? shared_broker().address() : options_.brokers;
    const std::string warehouse =
        options_.warehouse ? fmt::format("postgres: {{ connection: \"{}\" }}",
                                         options_.warehouse->cluster.url(options_.warehouse->name))
                           : fmt::format("duckdb: {{ path: \"{}\", memory_limit: 256MiB, threads: 2 }}",
                                         (dir_ / "events.duckdb").string());
    for (std::size_t worker = 0; worker < workers_max; ++worker) {
        ports_.push_back(free_port());
        write_file(config(worker), fmt::format("pipeline: events\n"
                                               "source:\n"
                                               "  kafka:\n"
                                               "    brokers: \"{}\"\n"
                                               "    group: \"{}\"\n"
                                               "    topics: [\"{}\"]\n"
                                               "    properties:\n{}"
                                               "warehouse:\n"
                                               "  {}\n"
                                               "tables:\n{}"
                                               "batch: {}\n"
                                               "http: {{ listen: 127.0.0.1:{} }}\n"
                                               "{}",
                                               brokers, options_.group, fmt::join(options_.topics, "\", \""),
                                               fmt::join(properties, ""), warehouse, options_.tables,
                                               options_.batch, ports_.back(), options_.more));
    }
}

std::filesystem::path EventFerry::config(std::size_t worker) const {
    return dir_ / fmt::format("worker_{}.yaml", worker);
}

void EventFerry::start(std::size_t worker) {
    workers_.at(worker).emplace(ProcessOptions{.command = {walferry_binary(), "run", config(worker)},
                                               .output = dir_ / fmt::format("worker_{}.log", worker)});
}

void EventFerry::start_and_hear(std::size_t worker) {
    const std::size_t said = log(worker).size();
    start(worker);
    eventually([&] { return log(worker).size() > said || !process(worker).running(); });
}

Exit EventFerry::stop(std::size_t worker, milliseconds timeout) {
    process(worker).signal(SIGCONT);
    process(worker).signal(SIGTERM);
    const auto exit = process(worker).wait(timeout);
    workers_[worker].reset();
    return exit.value_or(Exit{0, SIGKILL});
}

void EventFerry::kill(std::size_t worker) {
    workers_.at(worker).reset();
}

Completed EventFerry::command(const std::string& name, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {name, config(workers_max - 1).string()});
    return run_walferry(std::move(arguments));
}

Completed EventFerry::catch_up(milliseconds timeout) const {
    return run_walferry({"run", config(workers_max - 1), "--until-caught-up"}, timeout);
}

nlohmann::json EventFerry::status(std::size_t worker) const {
    httplib::Client service("127.0.0.1", ports_.at(worker));
    const auto answer = service.Get("/api/v1/status");
    if (!answer || answer->status != 200) return nullptr;
    return nlohmann::json::parse(answer->body, nullptr, false);
}

TargetReader EventFerry::reader() const {
    if (options_.warehouse) return TargetReader(*options_.warehouse);
    return TargetReader(dir_ / "events.duckdb");
}

std::string EventFerry::value(const std::string& select) const {
    const Rows found = rows(select);
    return found.empty() ? "" : found[0][0].value_or("");
}

std::string EventFerry::log(std::size_t worker) const {
    const std::filesystem::path path = dir_ / fmt::format("worker_{}.log", worker);
    return std::filesystem::exists(path) ? read_file(path) : "";
}

std::string EventFerry::logs() const {
    std::string all;
    for (std::size_t worker = 0; worker < workers_max; ++worker) {
        const std::string text = log(worker);
        constexpr std::size_t bytes_max = 3000;
        if (text.empty()) continue;
        all += fmt::format("worker {}: {}\n", worker,
                           text.size() <= bytes_max ? text : "…" + text.substr(text.size() - bytes_max));
    }
    return all;
}

}  // namespace walferry::testing
