#include "capture/pgoutput/pgoutput_stream.h"

#include <fmt/format.h>

#include <algorithm>

namespace walferry {

namespace {

Error out_of_order(std::string seen) {
    return Error{ErrorKind::Protocol, std::move(seen), "", ""};
}

bool is_change(char kind) {
    return kind == 'I' || kind == 'U' || kind == 'D' || kind == 'T';
}

}  // namespace

Result<std::optional<SourceEvent>> PgoutputStream::read(std::string_view payload) {
    ByteReader reader(payload);
    const char kind = reader.letter();
    if (kind == 'k') return read_keepalive(reader);
    if (kind != 'w') return out_of_order(fmt::format("CopyData of unknown kind {}", static_cast<int>(kind)));
    const Lsn lsn{reader.number<std::uint64_t>()};
    constexpr std::size_t end_and_time = 16;
    reader.bytes(end_and_time);
    const std::string_view message = reader.bytes(reader.left());
    if (reader.failed() || message.empty()) return out_of_order("XLogData is truncated");
    return read_message(message, lsn);
}

Result<std::optional<SourceEvent>> PgoutputStream::read_keepalive(ByteReader& reader) {
    Keepalive keepalive;
    keepalive.position = Lsn{reader.number<std::uint64_t>()};
    reader.number<PgTime>();
    keepalive.reply_requested = reader.number<std::uint8_t>() != 0;
    if (reader.failed() || reader.left() > 0) return out_of_order("a malformed keepalive");
    // The transaction that is coming in is not delivered, whatever the server has read meanwhile.
    if (in_transaction_) keepalive.position = std::min(keepalive.position, transaction_.commit_lsn);
    delivered_ = std::max(delivered_, keepalive.position);
    return std::optional<SourceEvent>(keepalive);
}

Result<std::optional<SourceEvent>> PgoutputStream::read_message(std::string_view message, Lsn lsn) {
    if (is_change(message.front())) {
        if (!in_transaction_) return out_of_order("a change outside of a transaction");
        if (dropping_) return std::optional<SourceEvent>();
    }
    WALFERRY_TRY(decoded, decoder_.decode(message));
    if (is_change(message.front())) return change(decoded, message, lsn);
    if (const auto* begins = std::get_if<BeginMessage>(&decoded)) return begin(*begins);
    if (const auto* commits = std::get_if<CommitMessage>(&decoded)) return commit(*commits);
    if (auto* relation = std::get_if<RelationMessage>(&decoded))
        relations_.arrive(std::move(*relation), message);
    if (const auto* message_of_somebody = std::get_if<LogicalMessage>(&decoded))
        return logical(*message_of_somebody);
    return std::optional<SourceEvent>();
}

Result<std::optional<SourceEvent>> PgoutputStream::begin(const BeginMessage& message) {
    if (in_transaction_) return out_of_order("a Begin inside of a transaction");
    if (message.commit_lsn < transaction_.end_lsn)
        return out_of_order(
            fmt::format("the transaction committed at {} comes after the one that ended at {}",
                        to_string(message.commit_lsn), to_string(transaction_.end_lsn)));
    in_transaction_ = true;
    transaction_ = Transaction{message.xid, message.commit_lsn, Lsn{}, message.commit_time};
    ordinal_ = 0;
    dropping_ = message.commit_lsn < start_;
    if (dropping_) {
        ++dropped_;
        return std::optional<SourceEvent>();
    }
    return std::optional<SourceEvent>(TransactionBegin{transaction_});
}

Result<std::optional<SourceEvent>> PgoutputStream::commit(const CommitMessage& message) {
    if (!in_transaction_) return out_of_order("a Commit without Begin");
    if (message.commit_lsn != transaction_.commit_lsn || message.end_lsn <= message.commit_lsn)
        return out_of_order(fmt::format("a Commit at {} up to {} for the transaction that began as {}",
                                        to_string(message.commit_lsn), to_string(message.end_lsn),
                                        to_string(transaction_.commit_lsn)));
    in_transaction_ = false;
    transaction_.end_lsn = message.end_lsn;
    transaction_.commit_time = message.commit_time;
    if (dropping_) return std::optional<SourceEvent>();
    delivered_ = std::max(delivered_, message.end_lsn);
    return std::optional<SourceEvent>(TransactionCommit{transaction_});
}

Result<std::optional<SourceEvent>> PgoutputStream::change(const Message& message, std::string_view bytes,
                                                          Lsn lsn) {
    if (const auto* truncate = std::get_if<TruncateMessage>(&message)) {
        truncate_message_ = bytes;
        truncate_lsn_ = lsn;
        truncate_rest_.assign(truncate->relations.rbegin(), truncate->relations.rend());
        return rest();
    }
    RelationId id = 0;
    if (const auto* insert = std::get_if<InsertMessage>(&message)) id = insert->relation;
    if (const auto* update = std::get_if<UpdateMessage>(&message)) id = update->relation;
    if (const auto* remove = std::get_if<DeleteMessage>(&message)) id = remove->relation;
    const SequenceKey sequence{transaction_.commit_lsn, ordinal_++};
    WALFERRY_TRY(event, to_change(message, bytes, id, relations_, sequence));
    event.lsn = lsn;
    return std::optional<SourceEvent>(event);
}

Result<std::optional<SourceEvent>> PgoutputStream::rest() {
    if (truncate_rest_.empty()) return std::optional<SourceEvent>();
    const RelationId id = truncate_rest_.back();
    truncate_rest_.pop_back();
    WALFERRY_TRY(relation, relations_.find(id));
    ChangeEvent event;
    event.kind = ChangeKind::Truncate;
    event.relation = relation;
    event.sequence = SequenceKey{transaction_.commit_lsn, ordinal_++};
    event.lsn = truncate_lsn_;
    event.message = truncate_message_;
    return std::optional<SourceEvent>(event);
}

/// A message outside of a transaction stands where it was written, not where its transaction ends; one whose
/// record ends at the start was delivered before.
Result<std::optional<SourceEvent>> PgoutputStream::logical(const LogicalMessage& message) {
    if (message.transactional != in_transaction_)
        return out_of_order(in_transaction_ ? "a message of no transaction inside of one"
                                            : "a message of a transaction outside of it");
    if (in_transaction_ ? dropping_ : message.lsn <= start_) return std::optional<SourceEvent>();
    if (!in_transaction_) delivered_ = std::max(delivered_, message.lsn);
    return std::optional<SourceEvent>(message);
}

}  // namespace walferry
