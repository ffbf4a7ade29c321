#include "capture/debezium/avro_type.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "model/avro_name.h"

namespace walferry::debezium {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int schema_depth_max = 64;
constexpr std::size_t types_max = 100'000;
constexpr std::size_t schema_bytes_max = std::size_t{16} << 20;

constexpr std::pair<std::string_view, AvroKind> avro_kinds[] = {
    {"null", AvroKind::Null},     {"boolean", AvroKind::Boolean}, {"int", AvroKind::Int},
    {"long", AvroKind::Long},     {"float", AvroKind::Float},     {"double", AvroKind::Double},
    {"bytes", AvroKind::Bytes},   {"string", AvroKind::String},   {"fixed", AvroKind::Fixed},
    {"enum", AvroKind::Enum},     {"array", AvroKind::Array},     {"map", AvroKind::Map},
    {"record", AvroKind::Record}, {"error", AvroKind::Record}};

const AvroKind* kind_of(std::string_view name) {
    for (const auto& [known, kind] : avro_kinds) {
        if (known == name) return &kind;
    }
    return nullptr;
}

bool is_primitive(AvroKind kind) {
    return kind <= AvroKind::String;
}

Error no_avro_schema(std::string_view what) {
    return Error{ErrorKind::Data, fmt::format("the record's Avro schema can't be read: {}", what), "", ""};
}

std::string_view member(object from, std::string_view key) {
    std::string_view text;
    return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// A number, or the same as a text: parameters of Connect are texts.
void read_small(object from, std::string_view key, std::int32_t& to) {
    std::int64_t number = 0;
    if (from[key].get(number) == simdjson::SUCCESS) {
        constexpr std::int64_t limit = 1'000'000'000;
        if (number >= -limit && number <= limit) to = static_cast<std::int32_t>(number);
        return;
    }
    const std::string_view text = member(from, key);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!text.empty() && error == std::errc() && end == text.data() + text.size()) to = value;
}

constexpr std::string_view column_name_parameter = "__debezium.source.column.name";

/// A parameter of the field's type, where that is spelt out: one that is referred to by name has those of the
/// field that spelt it.
std::string_view parameter_of(element type, std::string_view name) {
    array branches;
    if (type.get(branches) == simdjson::SUCCESS) {
        for (const element branch : branches) {
            if (const auto found = parameter_of(branch, name); !found.empty()) return found;
        }
        return {};
    }
    object spelt, parameters;
    if (type.get(spelt) || spelt["connect.parameters"].get(parameters)) return {};
    return member(parameters, name);
}

/// The name of the source's column, where the field's is that name mangled. One that was renamed on its way
/// is called what it is now.
std::string true_name(object field, element type, const std::string& name) {
    std::string_view column = parameter_of(type, column_name_parameter);
    if (column.empty()) column = member(field, column_name_parameter);
    return column != name && avro_name(column) == name ? std::string(column) : std::string();
}

}  // namespace

/// Reads the JSON of schemas into types.
class AvroParser {
 public:
    explicit AvroParser(AvroSchema& to) : to_(to) {}

    Result<const AvroType*> parse_text(std::string_view text) {
        if (text.size() > schema_bytes_max) return no_avro_schema("it is longer than 16 MiB");
        simdjson::dom::parser parser;
        const simdjson::padded_string padded(text);
        element root;
        if (const auto error = parser.parse(padded).get(root))
            return no_avro_schema(simdjson::error_message(error));
        return parse(root, "", 0);
    }

 private:
    Result<const AvroType*> parse(element from, const std::string& space, int depth) {
        if (depth > schema_depth_max) return no_avro_schema("it is nested too deeply");
        if (to_.types_.size() > types_max) return no_avro_schema("it has too many types");
        std::string_view name;
        if (from.get(name) == simdjson::SUCCESS) return refer(name, space);
        array branches;
        if (from.get(branches) == simdjson::SUCCESS) return parse_union(branches, space, depth);
        object spelt;
        if (from.get(spelt)) return no_avro_schema("a type that is neither a name nor an object nor a union");
        element type;
        if (spelt["type"].get(type)) return no_avro_schema("a type without \"type\"");
        if (type.get(name) != simdjson::SUCCESS) return parse(type, space, depth + 1);
        const AvroKind* kind = kind_of(name);
        if (kind == nullptr) return refer(name, space);
        return parse_spelt(*kind, spelt, space, depth);
    }

    Result<const AvroType*> refer(std::string_view name, const std::string& space) {
        const AvroKind* kind = kind_of(name);
        if (kind != nullptr && is_primitive(*kind)) {
            const AvroType*& plain = plain_[*kind];
            if (plain == nullptr) plain = &add(*kind);
            return plain;
        }
        for (const std::string& candidate : {full_name(name, space), std::string(name)}) {
            if (const auto found = named_.find(candidate); found != named_.end()) return found->second;
        }
        return no_avro_schema(fmt::format("there is no type '{}'", name));
    }

    Result<const AvroType*> parse_union(array branches, const std::string& space, int depth) {
        AvroType& made = add(AvroKind::Union);
        for (const element branch : branches) {
            WALFERRY_TRY(type, parse(branch, space, depth + 1));
            if (type->kind == AvroKind::Union) return no_avro_schema("a union in a union");
            made.branches.push_back(type);
        }
        if (made.branches.empty()) return no_avro_schema("a union of nothing");
        return &made;
    }

    Result<const AvroType*> parse_spelt(AvroKind kind, object from, std::string space, int depth) {
        AvroType& made = add(kind);
        read_properties(from, made);
        if (kind == AvroKind::Record || kind == AvroKind::Enum || kind == AvroKind::Fixed) {
            const std::string_view name = member(from, "name");
            if (name.empty()) return no_avro_schema("a record, enum or fixed without name");
            if (const std::string_view own = member(from, "namespace"); !own.empty()) space = own;
            const std::string full = full_name(name, space);
            if (!named_.emplace(full, &made).second)
                return no_avro_schema(fmt::format("it defines '{}' twice", full));
            const std::size_t point = full.rfind('.');
            space = point == std::string::npos ? "" : full.substr(0, point);
            if (full == "io.confluent.connect.avro.MapEntry") made.is_entry = true;
        }
        if (kind == AvroKind::Record) {
            WALFERRY_TRYV(parse_fields(from, space, depth, made));
        } else if (kind == AvroKind::Enum) {
            WALFERRY_TRYV(parse_symbols(from, made));
        } else if (kind == AvroKind::Fixed) {
            std::int64_t size = -1;
            if (from["size"].get(size) || size < 0 || size > (std::int64_t{1} << 30))
                return no_avro_schema("a fixed without a size");
            made.size = static_cast<std::size_t>(size);
        } else if (kind == AvroKind::Array || kind == AvroKind::Map) {
            element item;
            if (from[kind == AvroKind::Array ? "items" : "values"].get(item))
                return no_avro_schema("an array or map without the type of what is in it");
            WALFERRY_TRY(type, parse(item, space, depth + 1));
            made.item = type;
        }
        return &made;
    }

    Status parse_fields(object from, const std::string& space, int depth, AvroType& made) {
        array fields;
        if (from["fields"].get(fields)) return no_avro_schema("a record without fields");
        for (const element item : fields) {
            object field;
            element type;
            if (item.get(field) || field["type"].get(type))
                return no_avro_schema("a field that is no object with a type");
            const std::string name(member(field, "name"));
            const auto same = [&](const AvroField& other) { return other.name == name; };
            if (std::any_of(made.fields.begin(), made.fields.end(), same))
                return no_avro_schema(fmt::format("a record has the field '{}' twice", name));
            WALFERRY_TRY(parsed, parse(type, space, depth + 1));
            made.fields.push_back({name, parsed, true_name(field, type, name)});
        }
        const bool pair = made.fields.size() == 2 && made.fields[0].name == "key";
        made.is_entry = made.is_entry && pair && made.fields[1].name == "value";
        return success();
    }

    static Status parse_symbols(object from, AvroType& made) {
        array symbols;
        if (from["symbols"].get(symbols)) return no_avro_schema("an enum without symbols");
        for (const element item : symbols) {
            std::string_view symbol;
            if (item.get(symbol)) return no_avro_schema("an enum's symbol that is no text");
            made.symbols.emplace_back(symbol);
        }
        return success();
    }

    static void read_properties(object from, AvroType& made) {
        made.connect_name = member(from, "connect.name");
        made.connect_type = member(from, "connect.type");
        made.logical = member(from, "logicalType");
        made.is_entry = member(from, "connect.internal.type") == "MapEntry";
        read_small(from, "scale", made.scale);
        read_small(from, "precision", made.precision);
        object parameters;
        if (from["connect.parameters"].get(parameters)) return;
        read_small(parameters, "scale", made.scale);
        read_small(parameters, "length", made.length);
        // Converters write a precision of their own where the column has none.
        made.precision = -1;
        read_small(parameters, "connect.decimal.precision", made.precision);
    }

    static std::string full_name(std::string_view name, const std::string& space) {
        if (space.empty() || name.find('.') != std::string_view::npos) return std::string(name);
        return space + "." + std::string(name);
    }

    AvroType& add(AvroKind kind) {
        to_.types_.emplace_back().kind = kind;
        return to_.types_.back();
    }

    AvroSchema& to_;
    std::map<std::string, const AvroType*, std::less<>> named_;
    std::map<AvroKind, const AvroType*> plain_;
};

Result<AvroSchema> AvroSchema::parse(const RegisteredSchema& schema) {
    AvroSchema made;
    AvroParser parser(made);
    for (const std::string& reference : schema.references) {
        WALFERRY_TRYV(parser.parse_text(reference));
    }
    WALFERRY_TRY(root, parser.parse_text(schema.text));
    made.root_ = root;
    return made;
}

const AvroType* value_type(const AvroType& type) {
    if (type.kind != AvroKind::Union) return &type;
    const AvroType* found = nullptr;
    const AvroType* null = nullptr;
    for (const AvroType* branch : type.branches) {
        if (branch->kind == AvroKind::Null) {
            null = branch;
        } else if (found != nullptr) {
            return nullptr;
        } else {
            found = branch;
        }
    }
    return found != nullptr ? found : null;
}

}  // namespace walferry::debezium
