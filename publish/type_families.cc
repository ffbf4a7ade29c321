#include "publish/type_plan.h"

namespace walferry::publish {

namespace {

ConnectSchema schema_of(ConnectType type, std::string name = {}, int version = 1) {
    ConnectSchema schema;
    schema.type = type;
    schema.version = name.empty() ? 0 : version;
    schema.name = std::move(name);
    return schema;
}

/// Digits of seconds of a time or timestamp.
int fraction_of(const SourceType& type) {
    return type.modifier < 0 ? 6 : type.modifier;
}

/// Whether values travel in milliseconds; the rest of TypePlan is the same for times and timestamps.
TypePlan temporal_plan(ConnectType type, std::string name, TimeUnit unit, bool lossy) {
    TypePlan plan{schema_of(type, std::move(name))};
    plan.format.unit = unit;
    plan.lossy = lossy;
    return plan;
}

}  // namespace

TypePlan text_plan(std::string semantic_name) {
    TypePlan plan{schema_of(ConnectType::String, std::move(semantic_name))};
    plan.from_binary = write_text;
    plan.placeholder = Placeholder::Text;
    return plan;
}

TypePlan decimal_plan(const SourceType& type, const ValueOptions& options) {
    TypePlan plan;
    plan.filler = "0";
    if (options.decimal == DecimalMode::String) {
        plan.placeholder = Placeholder::Text;
        return plan;
    }
    plan.lossy = true;
    if (options.decimal == DecimalMode::Double) {
        plan.schema = schema_of(ConnectType::Float64);
        plan.from_text = write_decimal_as_double;
        return plan;
    }
    if (type.modifier < 0) {
        plan.schema = schema_of(ConnectType::Struct, "io.debezium.data.VariableScaleDecimal");
        plan.schema.doc = "Variable scaled decimal";
        plan.schema.fields = {{"scale", schema_of(ConnectType::Int32)},
                              {"value", schema_of(ConnectType::Bytes)}};
        plan.from_text = write_variable_decimal;
        plan.from_binary = write_binary_variable_numeric;
        return plan;
    }
    // numeric_typmod_precision and numeric_typmod_scale of numeric.c: the scale has eleven bits, with sign.
    const int packed = type.modifier - 4;
    plan.format.scale = ((packed & 0x7ff) ^ 1024) - 1024;
    plan.schema = schema_of(ConnectType::Bytes, "org.apache.kafka.connect.data.Decimal");
    plan.schema.parameters = {{"scale", std::to_string(plan.format.scale)},
                              {"connect.decimal.precision", std::to_string(packed >> 16 & 0xffff)}};
    plan.from_text = write_decimal;
    plan.from_binary = write_binary_numeric;
    return plan;
}

TypePlan money_plan(const ValueOptions& options) {
    TypePlan plan;
    plan.filler = "0";
    plan.from_text = write_money_as_text;
    if (options.decimal == DecimalMode::Double) {
        plan.schema = schema_of(ConnectType::Float64);
        plan.from_text = write_money_as_double;
        plan.lossy = true;
    }
    if (options.decimal == DecimalMode::Precise) {
        plan.schema = schema_of(ConnectType::Bytes, "org.apache.kafka.connect.data.Decimal");
        plan.schema.parameters = {{"scale", "2"}};
        plan.format.scale = 2;
        plan.from_text = write_money;
    }
    return plan;
}

TypePlan date_plan(const ValueOptions& options) {
    TypePlan plan;
    if (options.time == TimeMode::IsoString) {
        plan.schema = schema_of(ConnectType::String, "io.debezium.time.IsoDate");
        plan.from_text = write_iso_date;
    } else {
        const bool connect = options.time == TimeMode::Connect;
        plan.schema = schema_of(ConnectType::Int32,
                                connect ? "org.apache.kafka.connect.data.Date" : "io.debezium.time.Date");
        plan.from_text = write_date;
        plan.from_binary = write_binary_date;
        plan.lossy = true;
    }
    plan.filler = "1970-01-01";
    return plan;
}

TypePlan time_plan(const SourceType& type, const ValueOptions& options) {
    const bool coarse = fraction_of(type) <= 3;
    TypePlan plan;
    if (options.time == TimeMode::IsoString) {
        plan.schema = schema_of(ConnectType::String, "io.debezium.time.IsoTime");
        plan.from_text = write_iso_time;
        plan.filler = "00:00:00";
        return plan;
    }
    if (options.time == TimeMode::Connect) {
        plan = temporal_plan(ConnectType::Int32, "org.apache.kafka.connect.data.Time", TimeUnit::Milliseconds,
                             !coarse);
    } else if (options.time == TimeMode::Nanoseconds) {
        plan = temporal_plan(ConnectType::Int64, "io.debezium.time.NanoTime", TimeUnit::Nanoseconds, false);
    } else if (options.time == TimeMode::Adaptive && coarse) {
        plan = temporal_plan(ConnectType::Int32, "io.debezium.time.Time", TimeUnit::Milliseconds, false);
    } else {
        plan = temporal_plan(ConnectType::Int64, "io.debezium.time.MicroTime", TimeUnit::Microseconds, false);
    }
    plan.from_text = write_time;
    plan.from_binary = write_binary_time;
    plan.filler = "00:00:00";
    return plan;
}

TypePlan timestamp_plan(const SourceType& type, const ValueOptions& options) {
    const bool coarse = fraction_of(type) <= 3;
    const bool adaptive =
        options.time == TimeMode::Adaptive || options.time == TimeMode::AdaptiveTimeMicroseconds;
    TypePlan plan;
    if (options.time == TimeMode::IsoString) {
        plan.schema = schema_of(ConnectType::String, "io.debezium.time.IsoTimestamp");
        plan.from_text = write_iso_timestamp;
        plan.filler = "1970-01-01 00:00:00";
        return plan;
    }
    if (options.time == TimeMode::Connect) {
        plan = temporal_plan(ConnectType::Int64, "org.apache.kafka.connect.data.Timestamp",
                             TimeUnit::Milliseconds, true);
    } else if (options.time == TimeMode::Nanoseconds) {
        plan =
            temporal_plan(ConnectType::Int64, "io.debezium.time.NanoTimestamp", TimeUnit::Nanoseconds, true);
    } else if (adaptive && coarse) {
        plan = temporal_plan(ConnectType::Int64, "io.debezium.time.Timestamp", TimeUnit::Milliseconds, true);
    } else {
        plan = temporal_plan(ConnectType::Int64, "io.debezium.time.MicroTimestamp", TimeUnit::Microseconds,
                             true);
    }
    plan.from_text = write_timestamp;
    plan.from_binary = write_binary_timestamp;
    plan.filler = "1970-01-01 00:00:00";
    return plan;
}

TypePlan zoned_timestamp_plan(const SourceType& type) {
    TypePlan plan{schema_of(ConnectType::String, "io.debezium.time.ZonedTimestamp")};
    plan.format.fraction = fraction_of(type);
    plan.from_text = write_zoned_timestamp;
    plan.from_binary = write_binary_zoned_timestamp;
    plan.filler = "1970-01-01 00:00:00+00";
    return plan;
}

TypePlan bytea_plan(const ValueOptions& options) {
    TypePlan plan;
    plan.from_text = write_bytea;
    plan.from_binary = write_binary_bytea;
    plan.filler = "\\x";
    switch (options.binary) {
        case BinaryMode::Bytes:
            plan.schema = schema_of(ConnectType::Bytes);
            plan.placeholder = Placeholder::Bytes;
            break;
        case BinaryMode::Base64:
            plan.format.bytes = BytesForm::Base64;
            break;
        case BinaryMode::Base64UrlSafe:
            plan.format.bytes = BytesForm::Base64UrlSafe;
            break;
        case BinaryMode::Hex:
            plan.format.bytes = BytesForm::Hex;
            plan.placeholder = Placeholder::Text;
    }
    return plan;
}

TypePlan interval_plan(const ValueOptions& options) {
    TypePlan plan;
    plan.filler = "00:00:00";
    if (options.interval == IntervalMode::String) {
        plan.schema = schema_of(ConnectType::String, "io.debezium.time.Interval");
        plan.from_text = write_iso_interval;
        return plan;
    }
    plan.schema = schema_of(ConnectType::Int64, "io.debezium.time.MicroDuration");
    plan.from_text = write_interval;
    plan.lossy = true;
    return plan;
}

TypePlan bit_plan(const SourceType& type, bool varying) {
    const int length = type.modifier > 0 ? type.modifier : varying ? 2147483647 : 1;
    TypePlan plan;
    plan.lossy = varying;
    if (length == 1) {
        plan.schema = schema_of(ConnectType::Boolean);
        plan.from_text = write_bit;
        plan.filler = "0";
        return plan;
    }
    plan.schema = schema_of(ConnectType::Bytes, "io.debezium.data.Bits");
    plan.schema.parameters = {{"length", std::to_string(length)}};
    plan.from_text = write_bits;
    return plan;
}

TypePlan hstore_plan(const ValueOptions& options) {
    if (options.hstore == HstoreMode::Json) {
        TypePlan plan{schema_of(ConnectType::String, "io.debezium.data.Json")};
        plan.from_text = write_hstore_json;
        plan.placeholder = Placeholder::JsonObject;
        return plan;
    }
    TypePlan plan{schema_of(ConnectType::Map)};
    plan.schema.items = {schema_of(ConnectType::String), schema_of(ConnectType::String)};
    plan.schema.items[1].optional = true;
    plan.from_text = write_hstore_map;
    plan.placeholder = Placeholder::Map;
    return plan;
}

TypePlan point_plan() {
    TypePlan plan{schema_of(ConnectType::Struct, "io.debezium.data.geometry.Point")};
    plan.schema.doc = "Geometry (POINT)";
    plan.schema.fields = {{"x", schema_of(ConnectType::Float64)},
                          {"y", schema_of(ConnectType::Float64)},
                          {"wkb", schema_of(ConnectType::Bytes)},
                          {"srid", schema_of(ConnectType::Int32)}};
    plan.schema.fields[2].second.optional = true;
    plan.schema.fields[3].second.optional = true;
    plan.from_text = write_point;
    plan.filler = "(0,0)";
    return plan;
}

TypePlan line_plan() {
    TypePlan plan{schema_of(ConnectType::Struct, "io.debezium.data.geometry.Line")};
    plan.schema.doc = "Geometry (LINE)";
    for (const char* name : {"a", "b", "c"})
        plan.schema.fields.emplace_back(name, schema_of(ConnectType::Float64));
    plan.from_text = write_line;
    plan.filler = "{0,0,0}";
    return plan;
}

TypePlan circle_plan() {
    TypePlan plan{schema_of(ConnectType::Struct, "io.debezium.data.geometry.Circle")};
    plan.schema.doc = "Geometry (CIRCLE)";
    plan.schema.fields = {{"center", point_plan().schema}, {"radius", schema_of(ConnectType::Float64)}};
    plan.from_text = write_circle;
    plan.filler = "<(0,0),0>";
    return plan;
}

TypePlan geometry_plan(WriteValue write, std::string filler) {
    TypePlan plan{schema_of(ConnectType::Struct, "io.debezium.data.geometry.Geometry", 2)};
    plan.schema.doc = "Geometry";
    ConnectSchema extensions = schema_of(ConnectType::Map);
    extensions.items = {schema_of(ConnectType::String), schema_of(ConnectType::String)};
    extensions.optional = true;
    plan.schema.fields = {{"wkb", schema_of(ConnectType::Bytes)},
                          {"srid", schema_of(ConnectType::Int32)},
                          {"extensions", extensions}};
    plan.schema.fields[1].second.optional = true;
    plan.from_text = write;
    plan.filler = std::move(filler);
    return plan;
}

}  // namespace walferry::publish
