#include "pipeline/publish/snapshot_publisher.h"

#include <spdlog/spdlog.h>

#include "pipeline/publish/dead_letter_record.h"

namespace walferry::publish {

namespace {

constexpr std::size_t send_bytes = 128 << 10;
constexpr std::uint32_t whole_heap = 0xffffffff;

/// By the row's place, as Debezium has them: a table of one row has only one mark.
std::string_view marker(bool first, bool last, bool first_in_table, bool last_in_table) {
    if (last) return "last";
    if (first) return "first";
    if (last_in_table) return "last_in_data_collection";
    return first_in_table ? "first_in_data_collection" : "true";
}

}  // namespace

SnapshotPublisher::SnapshotPublisher(Parts parts, Place place, PublishCheckpoint& checkpoint)
    : parts_(parts),
      place_(std::move(place)),
      checkpoint_(checkpoint),
      dead_letter_topic_(parts.options.dead_letter_topic()) {
    source_.time = place_.time;
    source_.transaction_id = place_.transaction_id;
    source_.lsn = source_.sequence_lsn = place_.position;
}

Status SnapshotPublisher::run(SnapshotHolder& holder, const std::vector<SourceTable>& tables,
                              std::stop_token stop) {
    WALFERRY_TRY(reader, open_copy_reader(parts_.options.connection, place_.snapshot));
    for (const SourceTable& table : tables) {
        WALFERRY_TRYV(copy(holder, *reader, table, stop));
    }
    if (waiting_.table != nullptr) {
        WALFERRY_TRYV(emit(true, true));
    }
    // Without it the locks are gone, and with them what has kept the tables as they were.
    WALFERRY_TRYV(holder.confirm());
    return commit(SnapshotProgress::Done);
}

Status SnapshotPublisher::copy(SnapshotHolder& holder, CopyReader& reader, const SourceTable& table,
                               std::stop_token stop) {
    WALFERRY_TRY(encoded, parts_.encoders.of_copy(table));
    const std::vector<bool> as_text = columns_as_text(encoded->encoder->plan());
    WALFERRY_TRY(chunks, holder.plan(table, whole_heap));
    bool first = true;
    for (const CopyChunk& chunk : chunks) {
        WALFERRY_TRYV(reader.start(table, chunk, as_text));
        while (true) {
            WALFERRY_TRY(bytes, reader.next());
            if (!bytes) break;
            if (stop.stop_requested())
                return Error{ErrorKind::Cancelled, "asked to stop while the snapshot is published", "", ""};
            WALFERRY_TRYV(take_row(*encoded, as_text, *bytes, first));
            first = false;
        }
    }
    spdlog::info("snapshot: {} was read", table.qualified_name());
    return success();
}

/// The row before waits for this one, which tells whether it was the last of its table.
Status SnapshotPublisher::take_row(EncodedTable& table, const std::vector<bool>& as_text,
                                   std::string_view bytes, bool first_in_table) {
    if (waiting_.table != nullptr) {
        WALFERRY_TRYV(emit(waiting_.table != &table, false));
    }
    waiting_.table = &table;
    if (first_in_table) waiting_.as_text = as_text;
    waiting_.bytes.assign(bytes);
    waiting_.first_in_table = first_in_table;
    if (parts_.output.open_for() < parts_.options.snapshot_part_time_max) return success();
    return commit(SnapshotProgress::Partly);
}

Status SnapshotPublisher::emit(bool last_in_table, bool last) {
    WALFERRY_TRYV(split_copied_row(waiting_.bytes, waiting_.as_text, row_));
    source_.snapshot = marker(!emitted_, last, waiting_.first_in_table, last_in_table);
    source_.published_ns = unix_nanoseconds_now();
    emitted_ = true;
    const Status made = waiting_.table->encoder->append_read(row_, source_, parts_.batch);
    if (made) {
        ++waiting_.table->counts.reads;
    } else if (made.error().kind == ErrorKind::Data) {
        bury(made.error());
    } else {
        return made;
    }
    return parts_.batch.byte_count() < send_bytes ? Status{success()} : send();
}

void SnapshotPublisher::bury(const Error& error) {
    UnfitRow unfit;
    unfit.table = &waiting_.table->encoder->plan().table;
    unfit.op = 'r';
    unfit.after = TupleData(row_);
    unfit.source = &source_;
    unfit.error = &error;
    append_dead_letter(unfit, dead_letter_topic_, parts_.batch);
    if (waiting_.table->counts.dead_letters++ == 0)
        spdlog::warn("a row becomes a dead letter in topic {}: {}", dead_letter_topic_, error.message);
}

Status SnapshotPublisher::send() {
    return parts_.output.send(parts_.batch);
}

Status SnapshotPublisher::commit(SnapshotProgress progress) {
    WALFERRY_TRYV(send());
    checkpoint_.snapshot = progress;
    WALFERRY_TRYV(parts_.output.commit(checkpoint_));
    parts_.board.committed(checkpoint_.place.position, parts_.encoders.take_counts(), 0,
                           parts_.output.take_too_large());
    return success();
}

}  // namespace walferry::publish
