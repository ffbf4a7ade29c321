// publisher KEY=VALUE…: publishes until SIGTERM, or until it is killed. Keys: brokers source prefix pipeline
// tables; once=1 (until caught up), delivery=at_least_once, snapshot=never, rows_max, part_ms,
// transactions=1, heartbeat_ms, kafka.PROPERTY,
// quiet=1. Prints the kind of the error that ended it, and exits with 3 then.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

#include <cstdio>
#include <map>
#include <string>
#include <thread>

#include "pipeline/publish/publish_pipeline.h"

using namespace walferry;
using namespace walferry::publish;

namespace {

PublishOptions options_of(std::map<std::string, std::string> said) {
    PublishOptions options;
    options.pipeline = said["pipeline"];
    options.connection = said["source"];
    options.slot = "walferry_" + options.pipeline + "_publish";
    options.publication = said.contains("publication") ? said["publication"] : options.slot;
    options.snapshot_initial = said["snapshot"] != "never";
    TableRule rule;
    rule.match = said.contains("tables") ? said["tables"] : "public.*";
    options.tables.push_back(rule);
    options.kafka.brokers = said["brokers"];
    options.topic_prefix = said["prefix"];
    options.checkpoint_topic = options.topic_prefix + ".walferry.checkpoint";
    options.exactly_once = said["delivery"] != "at_least_once";
    options.transaction_topic = said["transactions"] == "1";
    if (said.contains("heartbeat_ms"))
        options.heartbeat = std::chrono::milliseconds(std::stoll(said["heartbeat_ms"]));
    if (said.contains("rows_max")) options.batch.rows_max = std::stoull(said["rows_max"]);
    if (said.contains("part_ms"))
        options.snapshot_part_time_max = std::chrono::milliseconds(std::stoll(said["part_ms"]));
    for (const auto& [key, value] : said)
        if (key.starts_with("kafka.")) options.kafka.properties[key.substr(6)] = value;
    return options;
}

}  // namespace

int main(int count, char** arguments) {
    // Gone with the test.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::map<std::string, std::string> said;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        const auto equals = argument.find('=');
        said[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
    if (said["quiet"] == "1") spdlog::set_level(spdlog::level::err);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::stop_source stop;
    std::thread([&] {
        int signal = 0;
        sigwait(&signals, &signal);
        stop.request_stop();
    }).detach();
    PublishPipeline pipeline(options_of(said));
    const Status end = pipeline.run(stop.get_token(), {said["once"] == "1"});
    if (end) return 0;
    std::printf("%s: %s\n", std::string(to_string(end.error().kind)).c_str(), describe(end.error()).c_str());
    return 3;
}
