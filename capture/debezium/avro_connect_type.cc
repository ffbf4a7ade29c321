#include "capture/debezium/avro_connect_type.h"

#include <fmt/format.h>

#include <utility>

namespace walferry::debezium {

namespace {

constexpr int connect_depth_max = 12;
constexpr std::size_t connect_types_max = 200'000;

Error no_connect_schema(std::string_view what) {
    return Error{ErrorKind::Data,
                 fmt::format("the record's Avro schema is none that a converter of Connect writes: {}", what),
                 "", ""};
}

ConnectKind kind_of(const AvroType& avro) {
    switch (avro.kind) {
        case AvroKind::Boolean:
            return ConnectKind::Boolean;
        case AvroKind::Int:
            if (avro.connect_type == "int8") return ConnectKind::Int8;
            return avro.connect_type == "int16" ? ConnectKind::Int16 : ConnectKind::Int32;
        case AvroKind::Long:
            return ConnectKind::Int64;
        case AvroKind::Float:
            return ConnectKind::Float32;
        case AvroKind::Double:
            return ConnectKind::Float64;
        case AvroKind::Bytes:
        case AvroKind::Fixed:
            return ConnectKind::Bytes;
        case AvroKind::Array:
            return avro.item->is_entry ? ConnectKind::Map : ConnectKind::Array;
        case AvroKind::Map:
            return ConnectKind::Map;
        case AvroKind::Record:
            return ConnectKind::Struct;
        default:
            return ConnectKind::String;
    }
}

/// The semantic type of a logical type, for schemas that no converter of Connect wrote.
std::string_view name_of_logical(const AvroType& avro) {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"decimal", "org.apache.kafka.connect.data.Decimal"},
        {"date", "org.apache.kafka.connect.data.Date"},
        {"time-millis", "org.apache.kafka.connect.data.Time"},
        {"timestamp-millis", "org.apache.kafka.connect.data.Timestamp"},
        {"local-timestamp-millis", "io.debezium.time.Timestamp"},
        {"time-micros", "io.debezium.time.MicroTime"},
        {"timestamp-micros", "io.debezium.time.MicroTimestamp"},
        {"local-timestamp-micros", "io.debezium.time.MicroTimestamp"},
        {"uuid", "io.debezium.data.Uuid"}};
    for (const auto& [logical, name] : names) {
        if (logical == avro.logical) return name;
    }
    return {};
}

class ConnectTypes {
 public:
    Result<ConnectType> make(const AvroType& avro, int depth) {
        if (depth > connect_depth_max) return no_connect_schema("it is nested too deeply");
        if (++count_ > connect_types_max) return no_connect_schema("it has too many types");
        const AvroType* valued = value_type(avro);
        if (valued == nullptr) return no_connect_schema("a union of several types");
        ConnectType type;
        type.kind = kind_of(*valued);
        type.name = valued->connect_name.empty() ? name_of_logical(*valued) : valued->connect_name;
        type.scale = valued->scale;
        type.precision = valued->precision;
        type.length = valued->length;
        WALFERRY_TRYV(make_parts(*valued, type, depth + 1));
        return type;
    }

 private:
    Status make_parts(const AvroType& avro, ConnectType& type, int depth) {
        if (avro.kind == AvroKind::Record) {
            for (const AvroField& field : avro.fields) {
                WALFERRY_TRY(part, make(*field.type, depth));
                part.field = field.name;
                part.source_column = field.source_column;
                type.parts.push_back(std::move(part));
            }
        } else if (type.kind == ConnectKind::Map) {
            type.parts.emplace_back();  // keys
            WALFERRY_TRY(values,
                         make(avro.kind == AvroKind::Map ? *avro.item : *avro.item->fields[1].type, depth));
            type.parts.push_back(std::move(values));
        } else if (avro.kind == AvroKind::Array) {
            WALFERRY_TRY(items, make(*avro.item, depth));
            type.parts.push_back(std::move(items));
        }
        return success();
    }

    std::size_t count_ = 0;
};

}  // namespace

Result<ConnectType> connect_type_of(const AvroType& avro) {
    return ConnectTypes().make(avro, 0);
}

}  // namespace walferry::debezium
