#include "capture/pgoutput/pgoutput_source.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "capture/pgoutput/gathering_wait.h"
#include "capture/pgoutput/pgoutput_stream.h"
#include "capture/pgoutput/replication_connection.h"

namespace walferry {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto status_interval = std::chrono::seconds(10);
/// A server that shuts down asks for a reply again as soon as it got one that does not satisfy it.
constexpr auto reply_interval_min = std::chrono::milliseconds(100);
/// After so many messages that give no event the caller gets its turn.
constexpr int silent_messages_max = 4096;

class PgoutputSource final : public ChangeSource {
 public:
    PgoutputSource(ReplicationConnection connection, const PgoutputOptions& options)
        : connection_(std::move(connection)),
          slot_(options.slot),
          wait_(connection_.descriptor()),
          stream_(options.start),
          durable_(options.start) {}

    Result<SourceEvent> next() override;
    Status acknowledge(Lsn durable) override;
    Status keep_alive() override;
    Status request_position() override { return send(true); }
    void wait(int wake, std::chrono::milliseconds time_max) override { wait_.wait(wake, time_max); }

 private:
    Error unreadable(Error error) const;
    Status reply_if_asked(const SourceEvent& event);
    void report_dropped();
    Status send(bool reply_requested);

    ReplicationConnection connection_;
    std::string slot_;
    GatheringWait wait_;
    PgoutputStream stream_;
    Lsn durable_;  ///< acknowledged
    std::uint64_t dropped_reported_ = 0;
    Clock::time_point sent_;
};

Result<SourceEvent> PgoutputSource::next() {
    WALFERRY_TRY(rest, stream_.rest());
    if (rest) return *rest;
    for (int silent = 0; silent < silent_messages_max; ++silent) {
        WALFERRY_TRY(payload, connection_.receive());
        if (!payload) return SourceEvent(NothingYet{});
        wait_.received(payload->size());
        auto read = stream_.read(*payload);
        if (!read) return unreadable(std::move(read).error());
        const std::optional<SourceEvent>& event = read.value();
        if (!event) continue;
        WALFERRY_TRYV(reply_if_asked(*event));
        report_dropped();
        return *event;
    }
    // More is waiting, so NothingYet would be wrong; this is true and lets the caller do what is due.
    return SourceEvent(Keepalive{stream_.delivered(), false});
}

/// The protocol has state: after a message that can't be read, none that follows means anything.
Error PgoutputSource::unreadable(Error error) const {
    if (error.way_out.empty()) {
        error.way_out =
            "nothing of it was applied: `walferry run CONFIG` has it sent again from the checkpoint; should "
            "it come again, `walferry drop CONFIG` and `walferry run CONFIG` copy everything anew";
    }
    return error.in(fmt::format("replication slot {}, after {}", slot_, to_string(stream_.delivered())));
}

Status PgoutputSource::reply_if_asked(const SourceEvent& event) {
    const auto* keepalive = std::get_if<Keepalive>(&event);
    const bool asked = keepalive != nullptr && keepalive->reply_requested;
    if (!asked || Clock::now() - sent_ < reply_interval_min) return success();
    return send(false);
}

void PgoutputSource::report_dropped() {
    if (stream_.dropped() == dropped_reported_) return;
    spdlog::info("replication slot {}: dropped {} transactions from before the start that came again", slot_,
                 stream_.dropped() - dropped_reported_);
    dropped_reported_ = stream_.dropped();
}

Status PgoutputSource::send(bool reply_requested) {
    sent_ = Clock::now();
    return connection_.send_status(durable_, reply_requested);
}

Status PgoutputSource::acknowledge(Lsn durable) {
    if (durable <= durable_) return success();
    durable_ = durable;
    return send(false);
}

Status PgoutputSource::keep_alive() {
    if (Clock::now() - sent_ >= status_interval) return send(false);
    return connection_.flush();
}

}  // namespace

Result<std::unique_ptr<ChangeSource>> start_pgoutput(const PgoutputOptions& options) {
    WALFERRY_TRY(connection, ReplicationConnection::open(options.connection));
    WALFERRY_TRYV(
        connection.start_streaming(options.slot, options.publication, options.start, options.messages));
    return std::unique_ptr<ChangeSource>(std::make_unique<PgoutputSource>(std::move(connection), options));
}

Result<Lsn> create_slot(const std::string& connection, const std::string& slot, std::stop_token stop) {
    WALFERRY_TRY(walsender, ReplicationConnection::open(connection));
    WALFERRY_TRY(made, walsender.create_slot(slot, false, stop));
    return made.consistent_point;
}

namespace {

class SnapshotOfSlot final : public SlotWithSnapshot {
 public:
    SnapshotOfSlot(ReplicationConnection connection, ReplicationConnection::CreatedSlot made)
        : connection_(std::move(connection)), made_(std::move(made)) {}

    Lsn consistent_point() const override { return made_.consistent_point; }
    const std::string& snapshot() const override { return made_.snapshot; }

 private:
    ReplicationConnection connection_;
    ReplicationConnection::CreatedSlot made_;
};

}  // namespace

Result<std::unique_ptr<SlotWithSnapshot>> create_slot_with_snapshot(const std::string& connection,
                                                                    const std::string& slot,
                                                                    std::stop_token stop) {
    WALFERRY_TRY(walsender, ReplicationConnection::open(connection));
    WALFERRY_TRY(made, walsender.create_slot(slot, true, stop));
    return std::unique_ptr<SlotWithSnapshot>(
        std::make_unique<SnapshotOfSlot>(std::move(walsender), std::move(made)));
}

Result<std::optional<Lsn>> timeline_end(const std::string& connection, std::uint32_t timeline) {
    WALFERRY_TRY(walsender, ReplicationConnection::open(connection));
    WALFERRY_TRY(system, walsender.identify_system());
    if (system.timeline <= timeline) return std::optional<Lsn>();
    WALFERRY_TRY(history, walsender.timeline_history(system.timeline));
    return switch_point(history, timeline);
}

}  // namespace walferry
