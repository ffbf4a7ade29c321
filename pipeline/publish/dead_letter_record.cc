#include "pipeline/publish/dead_letter_record.h"

#include <fmt/format.h>

#include "model/base64.h"
#include "model/json_text.h"
#include "model/row_json.h"
#include "publish/json_sink.h"

namespace walferry::publish {

namespace {

void append_unfit_image(std::string& to, const PublishedTable& table, const std::optional<TupleData>& row) {
    if (!row) {
        to += "null";
        return;
    }
    char separator = '{';
    for (std::size_t i = 0; i < std::min(row->size(), table.columns.size()); ++i) {
        const ColumnValue& value = (*row)[i];
        if (value.kind == ValueKind::UnchangedToast) continue;
        to += separator;
        separator = ',';
        append_json_string(to, table.columns[i].name);
        to += ':';
        if (value.kind == ValueKind::Null) {
            to += "null";
        } else if (value.kind == ValueKind::Binary) {
            to += "{\"base64\":\"";
            append_base64(to, value.bytes);
            to += "\"}";
        } else {
            append_json_value(to, table.columns[i].type.oid, value.bytes);
        }
    }
    if (separator == '{') to += '{';
    to += '}';
}

void append_error(std::string& to, const Error& error) {
    to += ",\"error\":";
    append_json_string(to, error.message);
    to += ",\"way_out\":";
    append_json_string(to, error.way_out);
}

}  // namespace

void append_dead_letter(const UnfitRow& row, std::string_view topic, RecordBatch& batch) {
    std::string& to = batch.bytes();
    const std::size_t first = to.size();
    const std::string name = row.table->name.schema + "." + row.table->name.table;
    to += name;
    const Slice key = batch.since(first);
    const std::size_t value = to.size();
    to += "{\"table\":";
    append_json_string(to, name);
    to += fmt::format(",\"op\":\"{}\"", row.op);
    append_error(to, *row.error);
    to += ",\"before\":";
    append_unfit_image(to, *row.table, row.before);
    to += ",\"after\":";
    append_unfit_image(to, *row.table, row.after);
    to += fmt::format(",\"lsn\":\"{}\",\"transaction_id\":{},\"commit_time_ms\":{}}}",
                      to_string(row.source->lsn.value_or(Lsn{})), row.source->transaction_id.value_or(0),
                      unix_millis(row.source->time));
    batch.add({topic, key, batch.since(value)});
}

std::string dead_letter_of_record(const PublishedRecord& record, const Error& error) {
    std::string to = "{\"topic\":";
    append_json_string(to, record.topic);
    to += ",\"key\":";
    if (record.key) {
        append_json_string(to, *record.key);
    } else {
        to += "null";
    }
    to += fmt::format(",\"value_bytes\":{}", record.value.value_or("").size());
    append_error(to, error);
    to += '}';
    return to;
}

}  // namespace walferry::publish
