#include "capture/debezium/json_document.h"

#include <cstring>
#include <utility>

#include "capture/debezium/json_blank.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_json_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_json_blank(text.back())) text.remove_suffix(1);
    return text;
}

Error no_json(std::string_view what) {
    return Error{ErrorKind::Data, "the record can't be read as JSON: " + std::string(what), "", ""};
}

/// The text of a value, which is read over.
bool raw_text(ondemand::value value, std::string_view& to) {
    ondemand::json_type type{};
    if (value.type().get(type)) return false;
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (value.get_object().get(object) || object.raw_json().get(to)) return false;
    } else if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (value.get_array().get(array) || array.raw_json().get(to)) return false;
    } else {
        to = value.raw_json_token();
    }
    to = trimmed(to);
    return true;
}

/// The two fields of JsonConverter's envelope, in one of two states: not one of ours, or all there is.
struct Wrapped {
    std::string_view schema, payload;
    bool only_these = false;
};

bool read_wrapped(ondemand::object object, Wrapped& to) {
    std::size_t others = 0;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field)) return false;
        const ondemand::raw_json_string key = field.key();
        if (key.unsafe_is_equal("schema")) {
            if (!raw_text(field.value(), to.schema)) return false;
        } else if (key.unsafe_is_equal("payload")) {
            if (!raw_text(field.value(), to.payload)) return false;
        } else {
            ++others;
            break;
        }
    }
    to.only_these = others == 0 && !to.payload.empty() && !to.schema.empty() &&
                    (to.schema == "null" || to.schema.starts_with('{'));
    return true;
}

}  // namespace

bool JsonDocument::open(std::string_view text) {
    constexpr std::size_t step = 4096;
    if (text.size() + simdjson::SIMDJSON_PADDING > capacity_) {
        const std::size_t wanted = (text.size() + text.size() / 4 + 2 * step) / step * step;
        if (parser_.allocate(wanted)) return false;
        capacity_ = wanted + simdjson::SIMDJSON_PADDING;
        buffer_ = std::make_unique<char[]>(capacity_);
    }
    std::memcpy(buffer_.get(), text.data(), text.size());
    std::memset(buffer_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    length_ = text.size();
    return reopen();
}

bool JsonDocument::reopen() {
    return parser_.iterate(buffer_.get(), length_, capacity_).get(document_) == simdjson::SUCCESS;
}

bool JsonDocument::object(ondemand::object& to) {
    return document_.get_object().get(to) == simdjson::SUCCESS;
}

bool JsonDocument::at_end() {
    return document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

Result<const ConnectType*> SchemaMemory::find(std::string_view json) {
    std::string text(json);
    if (const auto found = types_.find(text); found != types_.end()) return found->second.get();
    constexpr std::size_t schemas_max = 20'000;
    if (types_.size() >= schemas_max)
        return Error{ErrorKind::Data, "more schemas came than any set of tables has: 20000", "", ""};
    WALFERRY_TRY(type, parse_connect_type(json));
    auto& place = types_[std::move(text)];
    place = std::make_unique<const ConnectType>(std::move(type));
    return place.get();
}

Result<Payload> PayloadFinder::find(std::string_view text, JsonDocument& document, SchemaMemory& schemas) {
    text = trimmed(text);
    if (!prefix_.empty() && text.size() > prefix_.size() + 1 && text.back() == '}' &&
        std::memcmp(text.data(), prefix_.data(), prefix_.size()) == 0) {
        std::string_view payload = text.substr(prefix_.size());
        payload.remove_suffix(1);
        return Payload{trimmed(payload), type_};
    }
    if (!text.starts_with('{')) return Payload{text, nullptr};
    // A bare payload begins with another field, nearly always.
    const std::string_view inside = trimmed(text.substr(1));
    if (!inside.starts_with("\"schema\"") && !inside.starts_with("\"payload\""))
        return Payload{text, nullptr};
    ondemand::object object;
    Wrapped wrapped;
    if (!document.open(text) || !document.object(object) || !read_wrapped(object, wrapped))
        return no_json("it is malformed");
    if (!wrapped.only_these) return Payload{text, nullptr};
    if (!document.at_end()) return no_json("something follows it");
    // Views into the document's buffer, as places in the text.
    const std::string_view payload = text.substr(
        static_cast<std::size_t>(wrapped.payload.data() - document.text().data()), wrapped.payload.size());
    if (wrapped.schema == "null") return Payload{payload, nullptr};
    WALFERRY_TRY(type, schemas.find(wrapped.schema));
    const auto begin = static_cast<std::size_t>(payload.data() - text.data());
    if (trimmed(text.substr(begin + payload.size())) == "}") {
        prefix_ = text.substr(0, begin);
        type_ = type;
    }
    return Payload{payload, type};
}

}  // namespace walferry::debezium
