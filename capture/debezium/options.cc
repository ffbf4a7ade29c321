#include "capture/debezium/options.h"

namespace walferry::debezium {

Result<Options> read_options(const std::map<std::string, std::string>& settings, Options options) {
    auto read = parse_debezium_settings(settings, DebeziumRole::Reader);
    if (!read) return read.error().in("options");
    options.decimal = read.value().decimal;
    options.time = read.value().time;
    options.binary = read.value().binary;
    options.placeholder = std::move(read.value().unavailable);
    options.tombstone_after_delete = read.value().tombstone_after_delete;
    return options;
}

}  // namespace walferry::debezium
