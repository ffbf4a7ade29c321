#include "publish/placeholder.h"

#include <cassert>

#include "model/name_uuid.h"
#include "publish/json_sink.h"

namespace walferry::publish {

void write_placeholder(Placeholder placeholder, const std::string& unavailable, ValueSink& sink) {
    switch (placeholder) {
        case Placeholder::Null:
            sink.null();
            return;
        case Placeholder::Text:
            sink.text(unavailable);
            return;
        case Placeholder::Bytes:
            sink.bytes(unavailable);
            return;
        case Placeholder::JsonObject: {
            std::string json;
            JsonSink object(json);
            write_placeholder(Placeholder::Map, unavailable, object);
            sink.text(json);
            return;
        }
        case Placeholder::Map:
            sink.begin_map();
            sink.entry(unavailable);
            sink.text(unavailable);
            sink.end_map();
            return;
        case Placeholder::Texts:
        case Placeholder::ByteArrays:
        case Placeholder::Uuids:
            sink.begin_array();
            sink.item();
            if (placeholder == Placeholder::Texts) sink.text(unavailable);
            if (placeholder == Placeholder::ByteArrays) sink.bytes(unavailable);
            if (placeholder == Placeholder::Uuids) {
                const std::string uuid = name_uuid(unavailable);
                assert(!uuid.empty());
                sink.text(uuid);
            }
            sink.end_array();
            return;
        case Placeholder::Codes:
            sink.begin_array();
            for (const char code : unavailable) {
                sink.item();
                sink.integer(static_cast<signed char>(code));
            }
            sink.end_array();
    }
}

}  // namespace walferry::publish
