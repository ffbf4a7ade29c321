#include <optional>

#include "publish/json_sink.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

/// Takes a quoted word with backslash escapes off the front.
bool take_word(std::string_view& text, std::string& word) {
    word.clear();
    if (!text.starts_with('"')) return false;
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && ++at == text.size()) return false;
        word += text[at];
    }
    if (at >= text.size()) return false;
    text.remove_prefix(at + 1);
    return true;
}

bool take(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

/// What hstore_out writes: "key"=>"value", "key"=>NULL, …
bool write_entries(std::string_view text, ValueSink& sink) {
    std::string word;
    sink.begin_map();
    while (!text.empty()) {
        if (!take_word(text, word) || !take(text, "=>")) return false;
        sink.entry(word);
        if (take(text, "NULL")) {
            sink.null();
        } else {
            if (!take_word(text, word)) return false;
            sink.text(word);
        }
        if (!text.empty() && !take(text, ", ")) return false;
    }
    sink.end_map();
    return true;
}

}  // namespace

Carried write_hstore_json(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::string& json = sink.scratch();
    JsonSink entries(json);
    if (!write_entries(text, entries)) return Carried::Invalid;
    sink.text(json);
    return Carried::Whole;
}

Carried write_hstore_map(const ValueFormat&, std::string_view text, ValueSink& sink) {
    return write_entries(text, sink) ? Carried::Whole : Carried::Invalid;
}

}  // namespace walferry::publish
