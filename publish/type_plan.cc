#include "publish/type_plan.h"

#include <array>
#include <optional>
#include <string_view>

#include "model/pg_types.h"

namespace walferry::publish {

namespace {

/// Those that only this file knows (pg_type.dat).
enum : std::uint32_t {
    char_oid = 18,
    xml_oid = 142,
    point_oid = 600,
    lseg_oid = 601,
    path_oid = 602,
    box_oid = 603,
    polygon_oid = 604,
    line_oid = 628,
    cidr_oid = 650,
    circle_oid = 718,
    macaddr8_oid = 774,
    macaddr_oid = 829,
    inet_oid = 869,
    bit_oid = 1560,
    varbit_oid = 1562,
    tsvector_oid = 3614,
    int4range_oid = 3904,
    numrange_oid = 3906,
    tsrange_oid = 3908,
    tstzrange_oid = 3910,
    daterange_oid = 3912,
    int8range_oid = 3926
};

TypePlan plain_plan(ConnectType type, WriteValue from_text, WriteValue from_binary, std::string filler) {
    TypePlan plan;
    plan.schema.type = type;
    plan.from_text = from_text;
    plan.from_binary = from_binary;
    plan.filler = std::move(filler);
    return plan;
}

/// Text that the stream never leaves out as unchanged, or for which Debezium has no placeholder.
TypePlan short_text_plan(std::string semantic_name = {}) {
    TypePlan plan = text_plan(std::move(semantic_name));
    plan.from_binary = nullptr;
    plan.placeholder = Placeholder::Null;
    return plan;
}

TypePlan zoned_time_plan() {
    TypePlan plan = short_text_plan("io.debezium.time.ZonedTime");
    plan.from_text = write_zoned_time;
    plan.filler = "00:00:00+00";
    plan.lossy = true;
    return plan;
}

TypePlan enum_plan(const std::vector<std::string>& labels) {
    TypePlan plan = short_text_plan("io.debezium.data.Enum");
    plan.from_binary = write_text;
    std::string allowed;
    for (const std::string& label : labels) {
        if (&label != &labels.front()) allowed += ',';
        allowed += label;
    }
    plan.schema.parameters = {{"allowed", allowed}};
    return plan;
}

TypePlan jsonb_plan() {
    TypePlan plan = text_plan("io.debezium.data.Json");
    plan.from_binary = write_binary_jsonb;
    return plan;
}

TypePlan text_without_binary(std::string semantic_name) {
    TypePlan plan = text_plan(std::move(semantic_name));
    plan.from_binary = nullptr;
    return plan;
}

TypePlan uuid_plan() {
    TypePlan plan = short_text_plan("io.debezium.data.Uuid");
    plan.from_binary = write_binary_uuid;
    return plan;
}

std::optional<TypePlan> plan_number(const SourceType& type, const ValueOptions& options) {
    switch (type.oid) {
        case pg_types::boolean:
            return plain_plan(ConnectType::Boolean, write_boolean, write_binary_boolean, "f");
        case pg_types::int2:
            return plain_plan(ConnectType::Int16, write_integer, write_binary_integer, "0");
        case pg_types::int4:
            return plain_plan(ConnectType::Int32, write_integer, write_binary_integer, "0");
        case pg_types::int8:
            return plain_plan(ConnectType::Int64, write_integer, write_binary_integer, "0");
        case pg_types::oid:
            return plain_plan(ConnectType::Int64, write_integer, write_binary_oid, "0");
        case pg_types::float4:
            return plain_plan(ConnectType::Float32, write_real32, write_binary_real32, "0");
        case pg_types::float8:
            return plain_plan(ConnectType::Float64, write_real64, write_binary_real64, "0");
        case pg_types::numeric:
            return decimal_plan(type, options);
        case pg_types::money:
            return money_plan(options);
        case bit_oid:
            return bit_plan(type, false);
        case varbit_oid:
            return bit_plan(type, true);
        default:
            return std::nullopt;
    }
}

std::optional<TypePlan> plan_textual(const SourceType& type, const ValueOptions& options) {
    switch (type.oid) {
        case pg_types::text:
        case pg_types::varchar:
        case pg_types::bpchar:
            return text_plan();
        case pg_types::name:
        case char_oid:
        case inet_oid:
        case cidr_oid:
        case macaddr_oid:
        case macaddr8_oid:
        case int4range_oid:
        case int8range_oid:
        case numrange_oid:
        case tsrange_oid:
        case tstzrange_oid:
        case daterange_oid:
            return short_text_plan();
        case pg_types::json:
            return text_plan("io.debezium.data.Json");
        case pg_types::jsonb:
            return jsonb_plan();
        case xml_oid:
            return text_without_binary("io.debezium.data.Xml");  // xml_send adds a declaration
        case tsvector_oid:
            return text_without_binary("io.debezium.data.Tsvector");
        case pg_types::uuid:
            return uuid_plan();
        case pg_types::bytea:
            return bytea_plan(options);
        default:
            return std::nullopt;
    }
}

std::optional<TypePlan> plan_temporal(const SourceType& type, const ValueOptions& options) {
    switch (type.oid) {
        case pg_types::date:
            return date_plan(options);
        case pg_types::time:
            return time_plan(type, options);
        case pg_types::timestamp:
            return timestamp_plan(type, options);
        case pg_types::timestamptz:
            return zoned_timestamp_plan(type);
        case pg_types::timetz:
            return zoned_time_plan();
        case pg_types::interval:
            return interval_plan(options);
        default:
            return std::nullopt;
    }
}

std::optional<TypePlan> plan_geometric(const SourceType& type) {
    switch (type.oid) {
        case point_oid:
            return point_plan();
        case line_oid:
            return line_plan();
        case circle_oid:
            return circle_plan();
        case lseg_oid:
            return geometry_plan(write_segment, "[(0,0),(0,0)]");
        case box_oid:
            return geometry_plan(write_box, "(0,0),(0,0)");
        case path_oid:
            return geometry_plan(write_path, "[(0,0)]");
        case polygon_oid:
            return geometry_plan(write_polygon, "((0,0))");
        default:
            return std::nullopt;
    }
}

/// Types but arrays; empty for those that Debezium does not know.
std::optional<TypePlan> plan_scalar(const SourceType& type, const std::vector<std::string>& labels,
                                    const ValueOptions& options) {
    if (auto plan = plan_number(type, options)) return plan;
    if (auto plan = plan_textual(type, options)) return plan;
    if (auto plan = plan_temporal(type, options)) return plan;
    if (auto plan = plan_geometric(type)) return plan;
    if (type.kind == 'e') return enum_plan(labels);
    if (type.kind != 'b') return std::nullopt;
    if (type.name == "citext") return text_plan();
    if (type.name == "hstore") return hstore_plan(options);
    if (type.name == "ltree") return short_text_plan("io.debezium.data.Ltree");
    return std::nullopt;
}

/// Those whose arrays Debezium leaves out, or has as something else than an array of them.
bool has_no_array(const SourceType& element) {
    switch (element.oid) {
        case pg_types::money:
        case pg_types::name:
        case pg_types::interval:
        case xml_oid:
        case varbit_oid:
        case point_oid:
        case line_oid:
        case circle_oid:
        case lseg_oid:
        case box_oid:
        case path_oid:
        case polygon_oid:
        case tsvector_oid:
            return true;
        default:
            return false;
    }
}

Placeholder array_placeholder(const SourceType& element, const ValueOptions& options) {
    switch (element.oid) {
        case pg_types::text:
        case pg_types::varchar:
        case pg_types::bpchar:
        case pg_types::json:
        case pg_types::jsonb:
            return Placeholder::Texts;
        case pg_types::bytea:
            return options.binary == BinaryMode::Bytes ? Placeholder::ByteArrays
                   : options.binary == BinaryMode::Hex ? Placeholder::Texts
                                                       : Placeholder::Null;
        case pg_types::int4:
        case pg_types::int8:
            return Placeholder::Codes;
        case pg_types::date:
            return options.time == TimeMode::IsoString ? Placeholder::Null : Placeholder::Codes;
        case pg_types::uuid:
            return Placeholder::Uuids;
        default:
            return Placeholder::Null;
    }
}

std::optional<TypePlan> plan_array(const PublishedColumn& column, const ValueOptions& options) {
    SourceType element;
    element.oid = column.type.element_oid;
    element.name = column.type.element_name;
    element.kind = column.type.element_kind == 0 ? 'b' : column.type.element_kind;
    element.modifier =
        column.type.element_modifier >= 0 ? column.type.element_modifier : column.type.modifier;
    if (has_no_array(element)) return std::nullopt;
    auto scalar = plan_scalar(element, column.enum_labels, options);
    if (!scalar) return std::nullopt;
    TypePlan plan;
    scalar->schema.optional = true;
    plan.schema.type = ConnectType::Array;
    plan.schema.items = {scalar->schema};
    plan.from_text = write_array;
    plan.format.element = scalar->from_text;
    plan.format.element_format = std::make_shared<ValueFormat>(scalar->format);
    plan.placeholder = array_placeholder(element, options);
    plan.filler = "{}";
    plan.lossy = true;  // bounds and dimensions
    return plan;
}

/// Of a type that Debezium does not know.
TypePlan plan_unknown(const ValueOptions& options) {
    if (!options.include_unknown) return text_without_binary({});
    TypePlan bytes = bytea_plan(options);
    bytes.from_text = write_text_as_bytes;
    bytes.from_binary = nullptr;
    bytes.filler.clear();
    return bytes;
}

}  // namespace

TypePlan plan_type(const PublishedColumn& column, const ValueOptions& options) {
    auto plan = column.type.is_array() ? plan_array(column, options)
                                       : plan_scalar(column.type, column.enum_labels, options);
    if (!plan) return plan_unknown(options);
    if (!plan->lossy || options.fidelity == Fidelity::Debezium) return *std::move(plan);
    return text_without_binary("io.walferry.Text");
}

}  // namespace walferry::publish
