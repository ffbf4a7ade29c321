#include "pipeline/replay/letter_row.h"

#include <algorithm>
#include <map>

#include "apply/load_row.h"
#include "apply/row_encoder.h"
#include "apply/row_fields.h"
#include "apply/schema/shape_change.h"
#include "apply/staging_table.h"
#include "dlq/dead_letter_json.h"
#include "model/row_json.h"
#include "pipeline/replay/letter_contract.h"

namespace walferry {

namespace {

using Texts = std::map<std::string, std::optional<std::string>, std::less<>>;

Error malformed(std::string what) {
    return Error{ErrorKind::Data, std::move(what), "", "malformed"};
}

Result<Texts> read_texts(const std::optional<std::string>& json) {
    if (!json) return Texts();
    WALFERRY_TRY(values, parse_row_json(*json));
    return Texts(values.begin(), values.end());
}

ColumnValue value_of(const std::optional<std::string>& text) {
    return text ? ColumnValue{ValueKind::Text, *text} : ColumnValue{};
}

/// A letter's rows in the order of the plan's source columns.
struct Images {
    Texts key, before, after;
    std::vector<ColumnValue> old_row, new_row;
    std::vector<std::size_t> unknown;
};

/// Whether `before` is the whole old row, so that what it lacks, too, came to the table later.
bool knows_all_columns(const TablePlan& plan, const Images& images) {
    if (plan.source.identity != ReplicaIdentity::Full || images.before.empty()) return false;
    return std::all_of(images.after.begin(), images.after.end(),
                       [&](const auto& value) { return images.before.contains(value.first); });
}

void read_new_row(const TablePlan& plan, DeadLetterOp op, Images& images) {
    const bool all_known = knows_all_columns(plan, images);
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const SourceColumn& column = plan.source.columns[plan.source_index[i]];
        ColumnValue& value = images.new_row[plan.source_index[i]];
        if (const auto found = images.after.find(column.name); found != images.after.end()) {
            value = value_of(found->second);
            continue;
        }
        const bool left_out = op == DeadLetterOp::Update && can_be_toasted(column.type) &&
                              (images.before.contains(column.name) || !all_known);
        if (left_out) {
            value.kind = ValueKind::UnchangedToast;
        } else {
            images.unknown.push_back(i);
        }
    }
}

/// Each column of the key in each row that the change has; else there is nothing to find rows by.
Status complete_keys(const TablePlan& plan, DeadLetterOp op, Images& images) {
    std::vector<ColumnValue>& row = op == DeadLetterOp::Delete ? images.old_row : images.new_row;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        const std::uint16_t index = plan.source_index[i];
        const std::string& name = plan.source.columns[index].name;
        if (row[index].kind == ValueKind::Text) continue;
        const bool unchanged = row[index].kind == ValueKind::UnchangedToast;
        if (unchanged && images.old_row[index].kind == ValueKind::Text) continue;
        const auto found = images.key.find(name);
        if (found == images.key.end() || !found->second)
            return malformed("the letter has no value of the key column " + name);
        row[index] = value_of(found->second);
        std::erase(images.unknown, i);
    }
    return success();
}

Result<Images> read_images(const TablePlan& plan, const DeadLetter& letter) {
    Images images;
    WALFERRY_TRY(key, read_texts(letter.key));
    WALFERRY_TRY(before, read_texts(letter.before));
    WALFERRY_TRY(after, read_texts(letter.after));
    images.key = std::move(key);
    images.before = std::move(before);
    images.after = std::move(after);
    images.old_row.resize(plan.source.columns.size());
    images.new_row.resize(plan.source.columns.size());
    for (std::size_t i = 0; i < plan.source.columns.size(); ++i) {
        const auto found = images.before.find(plan.source.columns[i].name);
        if (found != images.before.end()) images.old_row[i] = value_of(found->second);
    }
    const bool removes = letter.op == DeadLetterOp::Delete;
    if (!removes && !letter.after) return malformed("the letter has no new row");
    if (!plan.has_key() && letter.op != DeadLetterOp::Insert && letter.op != DeadLetterOp::Read &&
        !letter.before) {
        return malformed("the letter has no old row, and the table no key");
    }
    if (!removes) read_new_row(plan, letter.op, images);
    WALFERRY_TRYV(complete_keys(plan, letter.op, images));
    return images;
}

std::string key_json(const TablePlan& plan, const std::vector<ColumnValue>& row) {
    std::vector<JsonField> fields;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        const SourceColumn& column = plan.source.columns[plan.source_index[i]];
        fields.push_back({column.name, column.declared_type_oid, row[plan.source_index[i]]});
    }
    return row_json(fields);
}

/// c0 … cn, and which of them have no value.
Result<std::string> encode_row(const RowEncoder& encoder, const TablePlan& plan, const DeadLetter& letter,
                               const Images& images, std::vector<std::size_t>& unchanged) {
    Arena arena;
    const TupleData before(images.old_row);
    std::string fields;
    if (letter.op == DeadLetterOp::Delete) {
        WALFERRY_TRY(old_fields, encoder.old_fields(before, true, arena));
        return std::string(old_fields);
    }
    bool has_unchanged = false;
    WALFERRY_TRY(load_row, encoder.row(images.new_row, letter.before ? &before : nullptr,
                                       letter.sequence.commit_lsn, arena, has_unchanged));
    const std::string_view data = leading_fields(load_row, plan.data_count());
    if (has_unchanged) unchanged = unchanged_columns(data);
    append_without_unchanged(fields, data);
    return fields;
}

/// b0 … bk; empty when the letter does not have them.
Result<std::string> encode_old(const RowEncoder& encoder, const TablePlan& plan, const DeadLetter& letter,
                               const Images& images) {
    const TupleData before(images.old_row);
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        if (before[plan.source_index[i]].kind != ValueKind::Text) return std::string();
    }
    if (!plan.has_key() && !letter.before) return std::string();
    std::string scratch;
    WALFERRY_TRY(fields, plan.has_key() ? encoder.key(before, scratch) : encoder.whole(before, scratch));
    return std::string(fields);
}

/// A row of the staging table in load format; what else there is to say goes to `row`.
Result<std::string> encode(const TablePlan& plan, const DeadLetter& letter, const Images& images,
                           LetterRow& row) {
    Relation relation = relation_of(plan.source);
    relation.identity = ReplicaIdentity::Full;  // the letter has its key, wherever that came from
    relation.version = 1;
    WALFERRY_TRY(encoder, RowEncoder::make(std::make_shared<const TablePlan>(plan), relation));
    WALFERRY_TRY(fields, encode_row(encoder, plan, letter, images, row.unchanged));
    WALFERRY_TRY(old_fields, encode_old(encoder, plan, letter, images));
    const bool has_old = !old_fields.empty();
    row.moves = letter.op == DeadLetterOp::Update && plan.has_key() && has_old &&
                old_fields != leading_fields(fields, plan.key_count);
    if (has_old) return fields + old_fields;
    LoadRow nulls(plan.format);
    nulls.nulls(plan.has_key() ? plan.key_count : plan.data_count());
    return fields + std::string(nulls.view());
}

/// The table has the names of none that a running pipeline stages its changes in.
StagingTable letter_table(const TablePlan& plan) {
    std::vector<TargetColumn> columns;
    add_staged_columns(columns, plan, plan.data_count(), 'c');
    add_staged_columns(columns, plan, plan.has_key() ? plan.key_count : plan.data_count(), 'b');
    return staging_table(plan, "letter", std::move(columns));
}

}  // namespace

Result<LetterRow> stage_letter(WarehouseSession& session, const TablePlan& plan, const DeadLetter& letter) {
    WALFERRY_TRY(images, read_images(plan, letter));
    if (letter.op != DeadLetterOp::Delete) {
        WALFERRY_TRYV(check_contract(plan, letter.stage, images.new_row));
    }
    const StagingTable table = letter_table(plan);
    LetterRow row;
    row.table = table.name;
    WALFERRY_TRY(fields, encode(plan, letter, images, row));
    row.unknown = images.unknown;
    if (row.moves) row.old_key_json = key_json(plan, images.old_row);
    row.base_key = row.moves ? row.old_key_json : letter.key.value_or(key_json(plan, images.new_row));
    WALFERRY_TRYV(session.execute(create_staging_sql(plan, {table})));
    WALFERRY_TRY(loader, session.load(table.name, table.columns, plan.format));
    WALFERRY_TRYV(loader->append(fields));
    WALFERRY_TRYV(loader->finish());
    return row;
}

Status unstage_letter(WarehouseSession& session, const LetterRow& row) {
    return session.execute("DROP TABLE " + row.sql());
}

}  // namespace walferry
