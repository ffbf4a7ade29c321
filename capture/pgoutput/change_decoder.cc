#include "capture/pgoutput/change_decoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace walferry {

namespace {

Error none_of(RelationId id, std::string_view seen) {
    return Error{ErrorKind::Protocol, fmt::format("expected a change of relation {}, found {}", id, seen), "",
                 ""};
}

/// Fills in what each kind of change carries; for messages that are no change an error.
struct ChangeReader {
    ChangeEvent& event;
    RelationId wanted;

    Status operator()(const InsertMessage& insert) const {
        event.kind = ChangeKind::Insert;
        event.after = insert.row;
        return same(insert.relation);
    }

    Status operator()(const UpdateMessage& update) const {
        event.kind = ChangeKind::Update;
        event.before = update.old_row;
        event.before_is_full = update.old_is_full;
        event.after = update.new_row;
        return same(update.relation);
    }

    Status operator()(const DeleteMessage& remove) const {
        event.kind = ChangeKind::Delete;
        event.before = remove.old_row;
        event.before_is_full = remove.old_is_full;
        return same(remove.relation);
    }

    Status operator()(const TruncateMessage& truncate) const {
        event.kind = ChangeKind::Truncate;
        const auto& ids = truncate.relations;
        if (std::find(ids.begin(), ids.end(), wanted) != ids.end()) return success();
        return none_of(wanted, "a truncate of others");
    }

    template <class Other>
    Status operator()(const Other&) const {
        return none_of(wanted, "a message that is no change");
    }

    Status same(RelationId seen) const {
        if (seen == wanted) return success();
        return none_of(wanted, fmt::format("one of {}", seen));
    }
};

Status check_columns(const Relation& relation, TupleData row) {
    if (row.size() == relation.columns.size()) return success();
    return Error{ErrorKind::Protocol,
                 fmt::format("a row of {} columns for {}, which was described with {}", row.size(),
                             relation.qualified_name(), relation.columns.size()),
                 "", ""};
}

}  // namespace

Result<ChangeEvent> to_change(const Message& message, std::string_view bytes, const Relation& relation,
                              SequenceKey sequence) {
    ChangeEvent event;
    event.sequence = sequence;
    event.message = bytes;
    event.relation = &relation;
    WALFERRY_TRYV(std::visit(ChangeReader{event, relation.id}, message));
    if (event.before) {
        WALFERRY_TRYV(check_columns(relation, *event.before));
    }
    const bool has_new_row = event.kind == ChangeKind::Insert || event.kind == ChangeKind::Update;
    if (has_new_row) {
        WALFERRY_TRYV(check_columns(relation, event.after));
    }
    return event;
}

Result<ChangeEvent> to_change(const Message& message, std::string_view bytes, RelationId id,
                              const RelationCache& relations, SequenceKey sequence) {
    WALFERRY_TRY(relation, relations.find(id));
    return to_change(message, bytes, *relation, sequence);
}

Status ChangeDecoder::relation(std::string_view message) {
    WALFERRY_TRY(decoded, decoder_.decode(message));
    auto* relation = std::get_if<RelationMessage>(&decoded);
    if (relation == nullptr)
        return Error{ErrorKind::Protocol, "a message was kept as a relation and is none", "", ""};
    relations_.arrive(std::move(*relation), message);
    return success();
}

Result<ChangeEvent> ChangeDecoder::change(std::string_view message, RelationId id, SequenceKey sequence) {
    WALFERRY_TRY(decoded, decoder_.decode(message));
    return to_change(decoded, message, id, relations_, sequence);
}

}  // namespace walferry
