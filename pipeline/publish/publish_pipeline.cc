#include "pipeline/publish/publish_pipeline.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "pipeline/publish/publish_session.h"
#include "pipeline/retry_policy.h"

namespace walferry::publish {

namespace {

void pause_between_sessions(std::chrono::milliseconds time, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    constexpr std::chrono::milliseconds piece{250};
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < end)
        stopped.wait_for(lock, stop, std::min(time, piece), [] { return false; });
}

/// A random UUID, as Debezium's run id is one.
std::string new_instance() {
    std::random_device random;
    std::string id;
    for (const int digits : {8, 4, 4, 4, 12}) {
        if (!id.empty()) id += '-';
        for (int i = 0; i < digits; ++i) id += "0123456789abcdef"[random() & 15u];
    }
    id[14] = '4';
    return id;
}

}  // namespace

PublishPipeline::PublishPipeline(PublishOptions options)
    : options_(std::move(options)), tenure_{new_instance(), false} {}

Status PublishPipeline::run(std::stop_token stop, Options options) {
    Backoff backoff;
    while (!stop.stop_requested()) {
        const auto started = std::chrono::steady_clock::now();
        board_.set_state("starting");
        const Status end = [&] {
            PublishSession session(options_, board_, tenure_);
            return session.run(stop, {options.until_caught_up});
        }();
        if (end) break;
        const Error& error = end.error();
        const FailureAction action = action_for(error.kind);
        if (action == FailureAction::End) break;
        if (action != FailureAction::Retry) {
            board_.set_state("failed", describe(error));
            return error;
        }
        constexpr std::chrono::seconds healthy{10};
        if (std::chrono::steady_clock::now() - started > healthy) backoff.reset();
        const auto delay = backoff.next(error.kind);
        board_.set_state("retrying", describe(error));
        board_.retried(error.kind);
        spdlog::warn("{}; trying again in {} ms", describe(error), delay.count());
        pause_between_sessions(delay, stop);
    }
    board_.set_state("stopped");
    return success();
}

Status drop_publishing(const PublishOptions& options, std::stop_token stop) {
    WALFERRY_TRY(catalog, connect_source_catalog(options.connection));
    WALFERRY_TRY(output, KafkaOutput::open(options, "drop", stop));
    WALFERRY_TRY(checkpoint, output->last_checkpoint());
    WALFERRY_TRY(slot, catalog->slot(options.slot));
    const bool ours = checkpoint && checkpoint->place.slot == options.slot;
    if (slot && !ours) {
        return Error{ErrorKind::Refused,
                     "the slot " + options.slot + " exists, but Kafka has no checkpoint that names it",
                     "drop it with pg_drop_replication_slot if nobody else needs it", ""};
    }
    if (slot) {
        WALFERRY_TRYV(catalog->drop_slot(options.slot));
    }
    if (checkpoint && checkpoint->place.made_publication) {
        WALFERRY_TRYV(catalog->drop_publication(options.publication));
    }
    return checkpoint ? output->forget() : Status{success()};
}

}  // namespace walferry::publish
