#include "publish/table_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "publish/json_sink.h"
#include "publish/table_avro.h"

namespace walferry::publish {

const ColumnValue& value_at(const TupleData& row, const TupleData* old, std::size_t at) {
    const ColumnValue& value = row[at];
    if (value.kind != ValueKind::UnchangedToast || old == nullptr) return value;
    const ColumnValue& before = (*old)[at];
    return before.kind == ValueKind::Null ? value : before;
}

TableEncoder::TableEncoder(PublishedTable table, const EnvelopeSettings& settings)
    : plan_(plan_row(std::move(table), settings.topic_prefix, settings.values)),
      envelope_(settings),
      schemas_(settings.schemas && settings.format == RecordFormat::Json),
      tombstones_(settings.tombstones) {
    const TableName& name = plan_.table.name;
    collection_ = name.schema + "." + name.table;
    append_escaped(schema_json_, name.schema);
    append_escaped(table_json_, name.table);
    value_head_ = schema_head(envelope_schema(plan_.topic, plan_.value_schema()), schemas_);
    key_head_ = schema_head(plan_.key_schema(), schemas_);
    if (settings.format == RecordFormat::Avro) avro_ = std::make_unique<TableAvro>(plan_, settings);
}

TableEncoder::~TableEncoder() = default;

Status TableEncoder::prepare() {
    return avro_ ? avro_->prepare() : Status(success());
}

Status TableEncoder::append_read(TupleData row, const EventSource& source, RecordBatch& batch) {
    const RecordBatch::Mark mark = batch.mark();
    auto status = [&]() -> Status {
        WALFERRY_TRYV(prepare());
        WALFERRY_TRYV(check_width(row));
        WALFERRY_TRY(key, append_key(row, nullptr, batch));
        return append_event('r', {nullptr, &row, nullptr}, source, {}, {plan_.topic, key.record, {}}, batch);
    }();
    if (!status) batch.take_back(mark);
    return status;
}

Status TableEncoder::append_change(const ChangeEvent& change, const EventSource& source,
                                   TransactionRecords* transactions, RecordBatch& batch) {
    WALFERRY_TRYV(prepare());
    const RecordBatch::Mark mark = batch.mark();
    orders_ = 0;
    Status status = append(change, source, transactions, batch);
    if (status) return status;
    batch.take_back(mark);
    if (transactions != nullptr) transactions->take_back(collection_, orders_);
    return status;
}

Status TableEncoder::append(const ChangeEvent& change, const EventSource& source,
                            TransactionRecords* transactions, RecordBatch& batch) {
    const TupleData* before = change.before ? &*change.before : nullptr;
    assert(before != nullptr || change.kind != ChangeKind::Delete);
    if (before != nullptr) {
        WALFERRY_TRYV(check_width(*before));
    }
    const auto order = [&] { return next_order(source, transactions, batch); };
    const bool old_key_known = before != nullptr && (change.before_is_full || plan_.key_in_identity);
    switch (change.kind) {
        case ChangeKind::Truncate: {
            RecordBatch::Entry entry{plan_.topic, {}, {}};
            entry.for_all_partitions = true;
            return append_event('t', {}, source, order(), entry, batch);
        }
        case ChangeKind::Delete: {
            Key key;
            if (old_key_known) {
                WALFERRY_TRY(known, append_key(*before, nullptr, batch));
                key = known;
            }
            return append_delete(*before, key, nullptr, source, transactions, batch);
        }
        case ChangeKind::Insert:
        case ChangeKind::Update:
            break;
    }
    WALFERRY_TRYV(check_width(change.after));
    WALFERRY_TRY(key, append_key(change.after, before, batch));
    if (old_key_known && key.record && key_changed(*before, change.after)) {
        WALFERRY_TRY(old_key, append_key(*before, nullptr, batch));
        if (avro_) {
            WALFERRY_TRY(bare, append_bare_key(change.after, before, batch));
            WALFERRY_TRY(old_bare, append_bare_key(*before, nullptr, batch));
            key.bare = bare;
            old_key.bare = old_bare;
        }
        WALFERRY_TRYV(append_delete(*before, old_key, &key, source, transactions, batch));
        return append_event('c', {nullptr, &change.after, before}, source, order(),
                            {plan_.topic, key.record, {}, true, KeyHeader::OldKey, old_key.bare}, batch);
    }
    const bool update = change.kind == ChangeKind::Update;
    return append_event(update ? 'u' : 'c', {before, &change.after, before}, source, order(),
                        {plan_.topic, key.record, {}}, batch);
}

Status TableEncoder::append_delete(const TupleData& before, const Key& key, const Key* new_key,
                                   const EventSource& source, TransactionRecords* transactions,
                                   RecordBatch& batch) {
    RecordBatch::Entry entry{plan_.topic, key.record, {}, true};
    if (new_key != nullptr) {
        entry.key_header = KeyHeader::NewKey;
        entry.other_key = new_key->bare;
    }
    const auto order = next_order(source, transactions, batch);
    WALFERRY_TRYV(append_event('d', {&before, nullptr, nullptr}, source, order, entry, batch));
    if (tombstones_) batch.add(entry);
    return success();
}

Status TableEncoder::append_event(char op, const Images& images, const EventSource& source,
                                  const std::optional<TransactionOrder>& order, RecordBatch::Entry entry,
                                  RecordBatch& batch) {
    const std::size_t first = batch.byte_count();
    WALFERRY_TRYV(avro_ ? append_avro_members(op, images, source, order, batch)
                        : append_members(op, images, source, order, batch));
    entry.value = batch.since(first);
    entry.has_context = true;
    batch.add(entry);
    return success();
}

Status TableEncoder::append_members(char op, const Images& images, const EventSource& source,
                                    const std::optional<TransactionOrder>& order, RecordBatch& batch) {
    std::string& to = batch.bytes();
    to += value_head_;
    to += "{\"before\":";
    if (images.before != nullptr) {
        WALFERRY_TRYV(append_row(*images.before, nullptr, Use::OldRow, batch));
    } else {
        to += "null";
    }
    to += ",\"after\":";
    if (images.after != nullptr) {
        WALFERRY_TRYV(append_row(*images.after, images.old, Use::NewRow, batch));
    } else {
        to += "null";
    }
    to += ',';
    envelope_.append_source(to, source, schema_json_, table_json_);
    to += ',';
    EnvelopeWriter::append_transaction(to, source, order);
    to += ",\"op\":\"";
    to += op;
    to += "\",";
    EnvelopeWriter::append_times(to, source);
    to += schemas_ ? "}}" : "}";
    return success();
}

Result<TableEncoder::Key> TableEncoder::append_key(const TupleData& row, const TupleData* old,
                                                   RecordBatch& batch) {
    if (plan_.table.key.empty()) return Key{};
    if (avro_) return append_avro_key(row, old, batch);
    Key key;
    std::string& to = batch.bytes();
    const std::size_t first = to.size();
    to += key_head_;
    WALFERRY_TRY(bare, append_bare_key(row, old, batch));
    key.bare = bare;
    if (schemas_) to += '}';
    key.record = batch.since(first);
    return key;
}

Result<Slice> TableEncoder::append_bare_key(const TupleData& row, const TupleData* old, RecordBatch& batch) {
    std::string& to = batch.bytes();
    const std::size_t first = to.size();
    for (const std::size_t at : plan_.table.key) {
        to += to.size() == first ? '{' : ',';
        to += plan_.fields[at].json_name;
        WALFERRY_TRYV(append_value(plan_.fields[at], value_at(row, old, at), Use::Key, batch));
    }
    to += '}';
    return batch.since(first);
}

Status TableEncoder::append_row(const TupleData& row, const TupleData* old, Use use, RecordBatch& batch) {
    std::string& to = batch.bytes();
    char separator = '{';
    for (std::size_t at = 0; at < row.size(); ++at) {
        to += separator;
        separator = ',';
        to += plan_.fields[at].json_name;
        WALFERRY_TRYV(append_value(plan_.fields[at], value_at(row, old, at), use, batch));
    }
    if (row.empty()) to += separator;
    to += '}';
    return success();
}

Status TableEncoder::append_value(const FieldPlan& field, const ColumnValue& value, Use use,
                                  RecordBatch& batch) {
    std::string& to = batch.bytes();
    if (value.kind == ValueKind::Null) return append_null(field, use, to);
    if (value.kind == ValueKind::UnchangedToast) {
        if (use == Use::Key) return unfit(field, "a key that the stream left out as unchanged");
        if (field.type.placeholder == Placeholder::Null) return append_null(field, use, to);
        to += field.placeholder_json;
        return success();
    }
    switch (write_value(field, value, batch.sink())) {
        case Carried::Whole:
            return success();
        case Carried::Not:
            if (use == Use::Key) return unfit(field, "a value in a key that becomes null");
            ++lost_values_;
            return append_null(field, Use::NewRow, to);
        case Carried::OutOfRange:
            return unfit(field, "a value that its Connect type can't hold");
        case Carried::Invalid:
            break;
    }
    return unfit(field, "not a value of the type that is known");
}

Status TableEncoder::append_null(const FieldPlan& field, Use use, std::string& to) const {
    if (!schemas_ || field.type.schema.optional) {
        to += "null";
        return success();
    }
    if (use != Use::OldRow)
        return unfit(field, "null, or a value that becomes null, in a field that may not be");
    to += field.filler_json;
    return success();
}

Error TableEncoder::unfit(const FieldPlan& field, std::string_view why) const {
    return {ErrorKind::Data,
            fmt::format("{}: column {}: {}", collection_, field.name, why),
            "publish with fidelity: exact",
            {}};
}

Status TableEncoder::check_width(const TupleData& row) const {
    if (row.size() == plan_.fields.size()) return success();
    return Error{ErrorKind::Schema,
                 fmt::format("{}: a row of {} columns, but {} are known", collection_, row.size(),
                             plan_.fields.size()),
                 {},
                 {}};
}

bool TableEncoder::key_changed(const TupleData& before, const TupleData& after) const {
    return std::any_of(plan_.table.key.begin(), plan_.table.key.end(), [&](std::size_t at) {
        const ColumnValue& old = before[at];
        const ColumnValue& now = after[at];
        if (now.kind == ValueKind::UnchangedToast) return false;
        return old.kind != now.kind || old.bytes != now.bytes;
    });
}

std::optional<TransactionOrder> TableEncoder::next_order(const EventSource& source,
                                                         TransactionRecords* transactions,
                                                         RecordBatch& batch) {
    if (transactions == nullptr) return std::nullopt;
    ++orders_;
    return transactions->next(source, collection_, batch);
}

}  // namespace walferry::publish
