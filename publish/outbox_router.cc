#include "publish/outbox_router.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace walferry::publish {

namespace {

constexpr std::size_t topic_bytes_max = 249;

bool is_topic_name(std::string_view name) {
    return !name.empty() && name.size() <= topic_bytes_max &&
           std::all_of(name.begin(), name.end(), [](unsigned char letter) {
               return std::isalnum(letter) != 0 || letter == '.' || letter == '_' || letter == '-';
           });
}

Slice append_text(std::string_view text, RecordBatch& batch) {
    const std::size_t first = batch.bytes().size();
    batch.bytes().append(text);
    return batch.since(first);
}

}  // namespace

Result<OutboxRouter> OutboxRouter::make(const Relation& relation) {
    OutboxRouter router;
    router.version_ = relation.version;
    const std::pair<const char*, std::size_t OutboxRouter::*> wanted[] = {
        {"id", &OutboxRouter::id_},
        {"aggregatetype", &OutboxRouter::type_},
        {"aggregateid", &OutboxRouter::aggregate_},
        {"payload", &OutboxRouter::payload_}};
    for (const auto& [name, place] : wanted) {
        const auto found = std::find_if(relation.columns.begin(), relation.columns.end(),
                                        [column_name = std::string_view(name)](const Column& column) {
                                            return column.name == column_name;
                                        });
        if (found == relation.columns.end()) {
            return Error{ErrorKind::Schema,
                         fmt::format("the outbox table {} has no column {}", relation.qualified_name(), name),
                         "give it the columns id, aggregatetype, aggregateid and payload, or take it out of "
                         "publish.kafka.outbox_table; then `walferry run CONFIG`",
                         ""};
        }
        router.*place = static_cast<std::size_t>(found - relation.columns.begin());
    }
    return router;
}

Status OutboxRouter::append(const ChangeEvent& insert, RecordBatch& batch) {
    for (const std::size_t place : {id_, type_, aggregate_}) {
        if (insert.after[place].kind != ValueKind::Null) continue;
        return Error{ErrorKind::Data, fmt::format("column {} is null", insert.relation->columns[place].name),
                     "", ""};
    }
    std::string topic = "outbox.event." + std::string(insert.after[type_].bytes);
    if (!is_topic_name(topic))
        return Error{ErrorKind::Data, fmt::format("{:?} can't be the name of a topic", topic), "", ""};
    RecordBatch::Entry entry;
    entry.topic = *topics_.insert(std::move(topic)).first;
    entry.key = append_text(insert.after[aggregate_].bytes, batch);
    if (insert.after[payload_].kind != ValueKind::Null)
        entry.value = append_text(insert.after[payload_].bytes, batch);
    entry.key_header = KeyHeader::EventId;
    entry.other_key = append_text(insert.after[id_].bytes, batch);
    batch.add(entry);
    return success();
}

}  // namespace walferry::publish
