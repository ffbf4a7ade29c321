// Publishing as `walferry run` does it: the changes of a source, as Debezium's events, into Kafka, until all
// that is committed by now is there. Prints events, seconds, processor time and the most memory used. The
// number to hold against pg_recvlogical into /dev/null.
//
//   publish_stream CONNECTION BROKERS PIPELINE [PROPERTY=VALUE…]
//
// Run it once before the changes are made: the first run makes slot, publication and topics. Properties are
// librdkafka's; delivery=at_least_once publishes without transactions.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "pipeline/publish/publish_pipeline.h"

using namespace walferry;
using namespace walferry::publish;

namespace {

PublishOptions options_of(int count, char* arguments[]) {
    PublishOptions options;
    options.connection = arguments[1];
    options.kafka.brokers = arguments[2];
    options.pipeline = arguments[3];
    options.slot = "walferry_" + options.pipeline + "_publish";
    options.publication = options.slot;
    options.topic_prefix = options.pipeline;
    options.checkpoint_topic = options.pipeline + ".walferry.checkpoint";
    options.snapshot_initial = false;
    options.tables.emplace_back();
    options.tables.back().match = "public.*";
    for (int i = 4; i < count; ++i) {
        const std::string argument = arguments[i];
        const auto equals = argument.find('=');
        const std::string name = argument.substr(0, equals), value = argument.substr(equals + 1);
        if (name == "delivery") {
            options.exactly_once = value != "at_least_once";
        } else if (name == "rows_max") {
            options.batch.rows_max = std::stoull(value);
            options.batch.bytes_max = 1ull << 40;
        } else {
            options.kafka.properties[name] = value;
        }
    }
    return options;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int count, char* arguments[]) {
    if (count < 4) {
        std::fputs("usage: publish_stream CONNECTION BROKERS PIPELINE [PROPERTY=VALUE…]\n", stderr);
        return 2;
    }
    PublishPipeline pipeline(options_of(count, arguments));
    const auto begun = std::chrono::steady_clock::now();
    const Status end = pipeline.run({}, {true});
    if (!end) {
        std::fprintf(stderr, "%s\n", describe(end.error()).c_str());
        return 1;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const PublishReport report = pipeline.report();
    unsigned long long events = 0;
    for (const auto& [table, counts] : report.tables)
        events += counts.creates + counts.updates + counts.deletes;
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    std::printf("events %llu seconds %.2f events/s %.0f commits %llu user %.2f system %.2f peak_kb %ld\n",
                events, took.count(), static_cast<double>(events) / took.count(),
                static_cast<unsigned long long>(report.commits), seconds(used.ru_utime),
                seconds(used.ru_stime), used.ru_maxrss);
    return 0;
}
