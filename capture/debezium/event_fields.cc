#include "capture/debezium/event_fields.h"

#include <utility>

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

/// `__deleted` is a text, and was a boolean once.
bool read_truth(ondemand::value from, std::string_view& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type != ondemand::json_type::boolean) return read_text(from, to);
    bool truth = false;
    if (from.get_bool().get(truth)) return false;
    to = truth ? "true" : "false";
    return true;
}

class FieldsOfRow final : public AddedFields {
 public:
    explicit FieldsOfRow(EventFields& to) : to_(to) {}

    bool take(std::string_view name, ondemand::value from) override {
        if (name == "op") return read_text(from, to_.op);
        if (name == "deleted") return read_truth(from, to_.deleted);
        return read_added_field(name, from, to_.source, to_.transaction);
    }

 private:
    EventFields& to_;
};

bool is_of(ondemand::value& value, ondemand::json_type wanted) {
    ondemand::json_type type{};
    return value.type().get(type) == simdjson::SUCCESS && type == wanted;
}

}  // namespace

bool EventPass::read_image(ondemand::value from, const TableShape* shape, const RowRequest& request, Row& row,
                           Image& image, EventFields& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::null) {
        bool is_null = false;
        image = Image::Null;
        return from.is_null().get(is_null) == simdjson::SUCCESS && is_null;
    }
    ondemand::object object;
    if (from.get_object().get(object)) return false;
    image = Image::Object;
    if (to.rows != RowOutcome::Done) return true;
    to.rows = shape == nullptr ? RowOutcome::Reshape : rows_.reader.read_row(object, *shape, request, row);
    if (to.rows == RowOutcome::Failed) to.row_problem = rows_.reader.problem();
    return true;
}

/// Fields of what is no row; null is as good as none. One that has another kind of value is none of
/// Debezium's.
bool EventPass::read_other(ondemand::raw_json_string key, ondemand::value value, EventFields& to) {
    using ondemand::json_type;
    if (is_of(value, json_type::null)) return true;
    if (key.raw()[0] == 't' && key.raw()[1] == 's' && key.raw()[2] == '_' &&
        is_of(value, json_type::number)) {
        const bool known =
            key.unsafe_is_equal("ts_ms") || key.unsafe_is_equal("ts_us") || key.unsafe_is_equal("ts_ns");
        to.has_others = to.has_others || !known;
        return read_time(key, value, to.time);
    }
    if (key.unsafe_is_equal("message") && is_of(value, json_type::object)) {
        to.has_message = true;
        return read_message(value, to.prefix, to.content);
    }
    if (key.unsafe_is_equal("data_collections") && is_of(value, json_type::array))
        return read_collections(value, rows_.collections);
    if (key.unsafe_is_equal("event_count") && is_of(value, json_type::number))
        return read_number(value, to.event_count);
    if (key.unsafe_is_equal("tableChanges") || key.unsafe_is_equal("position")) return true;
    if (is_of(value, json_type::string)) {
        if (key.unsafe_is_equal("status")) return read_text(value, to.status);
        if (key.unsafe_is_equal("id")) return read_text(value, to.id);
        if (key.unsafe_is_equal("databaseName")) return read_text(value, to.database);
        if (key.unsafe_is_equal("schemaName")) return read_text(value, to.schema);
        if (key.unsafe_is_equal("ddl")) {
            to.has_ddl = true;
            return read_text(value, to.ddl);
        }
    }
    to.has_others = true;
    return true;
}

bool EventPass::read_envelope(ondemand::object from, const TableShape* shape, bool exact, bool whole_before,
                              EventFields& to) {
    RowRequest request;
    request.exact = exact;
    for (auto item : from) {
        ondemand::field field;
        if (std::move(item).get(field)) return false;
        const ondemand::raw_json_string key = field.key();
        bool good = true;
        if (key.unsafe_is_equal("before")) {
            RowRequest of_before = request;
            of_before.key_only = of_before.look_at_rest = !whole_before;
            good = read_image(field.value(), shape, of_before, rows_.before, to.before, to);
        } else if (key.unsafe_is_equal("after")) {
            good = read_image(field.value(), shape, request, rows_.after, to.after, to);
        } else if (key.unsafe_is_equal("source")) {
            good = read_source(field.value(), to.source);
        } else if (key.unsafe_is_equal("op")) {
            good = read_text(field.value(), to.op);
        } else if (key.unsafe_is_equal("transaction")) {
            good = read_transaction(field.value(), to.transaction);
        } else {
            good = read_other(key, field.value(), to);
        }
        if (!good) return false;
    }
    return true;
}

bool EventPass::read_flattened(ondemand::object from, const TableShape* shape, bool exact, EventFields& to) {
    static const TableShape no_shape;
    FieldsOfRow added(to);
    RowRequest request;
    request.exact = exact && shape != nullptr;
    request.added = &added;
    to.after = Image::Object;
    to.rows = rows_.reader.read_row(from, shape == nullptr ? no_shape : *shape, request, rows_.after);
    if (to.rows == RowOutcome::Failed) to.row_problem = rows_.reader.problem();
    if (to.rows == RowOutcome::Done && shape == nullptr) to.rows = RowOutcome::Reshape;
    complete_source(to.source);
    return true;
}

}  // namespace walferry::debezium
