#include <random>

#include "capture/debezium/event_reader.h"
#include "tests/capture/debezium/recorded_records.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::recorded_records;
using walferry::testing::StoredRecord;

namespace {

/// Changes some bytes, cuts a piece out, or doubles one.
void spoil(std::string& text, std::mt19937& random) {
    if (text.empty()) return;
    const auto below = [&](std::size_t end) { return random() % end; };
    constexpr std::string_view letters = "{}[]\",:\\0-9eEtfnu\x80\xff";
    const std::size_t at = below(text.size());
    switch (below(4)) {
        case 0:
            text[at] = letters[below(letters.size())];
            break;
        case 1:
            text.erase(at, 1 + below(20));
            break;
        case 2:
            text.insert(at, text.substr(below(text.size()), 1 + below(20)));
            break;
        default:
            text.resize(at);
    }
}

}  // namespace

TEST_CASE("whatever becomes of a record's bytes, it is an event or is refused, and the next one is read") {
    std::mt19937 random(20260301);
    std::size_t refused = 0, read = 0;
    for (const char* recording : {"a_default/types", "b_schemas/behave", "c_txmeta/other"}) {
        for (const bool flattened : {false, true}) {
            Options options;
            options.flattened = flattened;
            EventReader reader(options);
            for (StoredRecord& record : recorded_records(recording)) {
                StoredRecord spoilt = record;
                if (spoilt.value) spoil(*spoilt.value, random);
                if (spoilt.key && random() % 4 == 0) spoil(*spoilt.key, random);
                for (auto& [name, content] : spoilt.headers) {
                    if (random() % 4 == 0) spoil(content, random);
                }
                const auto event = reader.read(spoilt.view());
                ++(event ? read : refused);
                if (!event) CHECK(event.error().kind == ErrorKind::Data);
                const auto good = reader.read(record.view());
                if (!good) CHECK(good.error().kind == ErrorKind::Data);
            }
        }
    }
    CHECK(refused > 300);
    CHECK(read > 100);
}
