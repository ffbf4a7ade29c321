#include "dlq/dead_letter_row.h"

#include <fmt/format.h>

#include <charconv>

#include "dlq/dead_letter_json.h"
#include "model/byte_order.h"

namespace walferry {

namespace {

/// Writes fields in load format.
class FieldWriter {
 public:
    explicit FieldWriter(std::string& row) : row_(row) {}

    void null() { length(null_length); }
    void text(std::string_view bytes) {
        length(static_cast<std::int32_t>(bytes.size()));
        row_.append(bytes);
    }
    void text_or_null(std::string_view bytes) { bytes.empty() ? null() : text(bytes); }
    void text_or_null(const std::optional<std::string>& bytes) { bytes ? text(*bytes) : null(); }
    template <class Number>
    void number(Number value) {
        char bytes[sizeof value];
        store_big_endian(bytes, value);
        text({bytes, sizeof bytes});
    }
    void time_or_null(PgTime time) { time == 0 ? null() : number(time); }

 private:
    void length(std::int32_t value) {
        char bytes[sizeof value];
        store_big_endian(bytes, value);
        row_.append(bytes, sizeof bytes);
    }
    std::string& row_;
};

template <class Number>
std::optional<Number> number_of(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    Number number = 0;
    std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

}  // namespace

std::vector<TargetColumn> dead_letter_columns() {
    const std::pair<const char*, Encoding> shape[] = {{"id", Encoding::Int8},
                                                      {"pipeline", Encoding::Text},
                                                      {"created_at", Encoding::Timestamp},
                                                      {"stage", Encoding::Text},
                                                      {"error_code", Encoding::Text},
                                                      {"error", Encoding::Text},
                                                      {"source_table", Encoding::Text},
                                                      {"target_table", Encoding::Text},
                                                      {"op", Encoding::Text},
                                                      {"key", Encoding::Text},
                                                      {"before", Encoding::Text},
                                                      {"after", Encoding::Text},
                                                      {"commit_lsn", Encoding::Int8},
                                                      {"seq", Encoding::Int8},
                                                      {"xid", Encoding::Int8},
                                                      {"commit_ts", Encoding::Timestamp},
                                                      {"topic", Encoding::Text},
                                                      {"kafka_partition", Encoding::Int4},
                                                      {"kafka_offset", Encoding::Int8},
                                                      {"attempts", Encoding::Int4},
                                                      {"last_attempt_at", Encoding::Timestamp},
                                                      {"state", Encoding::Text}};
    std::vector<TargetColumn> columns;
    for (const auto& [name, encoding] : shape) {
        TargetColumn column;
        column.name = name;
        column.encoding.kind = encoding;
        columns.push_back(std::move(column));
    }
    return columns;
}

void append_dead_letter_row(std::string& row, const DeadLetter& letter, std::string_view pipeline) {
    FieldWriter fields(row);
    fields.number(letter.id);
    fields.text(pipeline);
    fields.number(letter.created_at);
    fields.text(to_string(letter.stage));
    fields.text_or_null(std::string_view(storable_text(letter.error_code)));
    fields.text(storable_text(letter.error));
    fields.text_or_null(std::string_view(storable_text(letter.source_table)));
    fields.text_or_null(std::string_view(storable_text(letter.target_table)));
    const char op = static_cast<char>(letter.op);
    fields.text({&op, 1});
    fields.text_or_null(letter.key);
    fields.text_or_null(letter.before);
    fields.text_or_null(letter.after);
    fields.number(static_cast<std::int64_t>(letter.sequence.commit_lsn.value));
    fields.number(static_cast<std::int64_t>(letter.sequence.ordinal));
    letter.xid == 0 ? fields.null() : fields.number(std::int64_t{letter.xid});
    fields.time_or_null(letter.commit_time);
    fields.text_or_null(letter.topic);
    letter.kafka_partition ? fields.number(*letter.kafka_partition) : fields.null();
    letter.kafka_offset ? fields.number(*letter.kafka_offset) : fields.null();
    fields.number(letter.attempts);
    fields.number(letter.last_attempt_at);
    fields.text(to_string(letter.state));
}

std::string dead_letter_select_list(WarehouseKind kind) {
    return fmt::format(
        "id, {}, stage, error_code, error, source_table, target_table, op, CAST(\"key\" AS text), "
        "CAST(\"before\" AS text), CAST(\"after\" AS text), commit_lsn, seq, xid, {}, topic, "
        "kafka_partition, kafka_offset, attempts, {}, state",
        microseconds_sql(kind, "created_at"), microseconds_sql(kind, "commit_ts"),
        microseconds_sql(kind, "last_attempt_at"));
}

DeadLetter read_dead_letter_row(const ControlSchema& control,
                                const std::vector<std::optional<std::string>>& row) {
    DeadLetter letter;
    letter.id = number_of<std::int64_t>(row[0]).value_or(0);
    letter.created_at = number_of<PgTime>(row[1]).value_or(0);
    letter.stage = parse_dead_letter_stage(row[2].value_or("")).value_or(DeadLetterStage::Apply);
    letter.error_code = row[3].value_or("");
    letter.error = row[4].value_or("");
    letter.source_table = row[5].value_or("");
    letter.target_table = row[6].value_or("");
    letter.op = parse_dead_letter_op(row[7].value_or("")).value_or(DeadLetterOp::Insert);
    letter.key = row[8];
    letter.before = row[9];
    letter.after = row[10];
    letter.sequence.commit_lsn = control.read_lsn(row[11]);
    letter.sequence.ordinal = number_of<std::uint64_t>(row[12]).value_or(0);
    letter.xid = number_of<std::uint32_t>(row[13]).value_or(0);
    letter.commit_time = number_of<PgTime>(row[14]).value_or(0);
    letter.topic = row[15];
    letter.kafka_partition = number_of<std::int32_t>(row[16]);
    letter.kafka_offset = number_of<std::int64_t>(row[17]);
    letter.attempts = number_of<std::int32_t>(row[18]).value_or(0);
    letter.last_attempt_at = number_of<PgTime>(row[19]).value_or(0);
    letter.state = parse_dead_letter_state(row[20].value_or("")).value_or(DeadLetterState::Pending);
    return letter;
}

}  // namespace walferry
