#include "publish/debezium_options.h"

namespace walferry::publish {

Result<ValueOptions> parse_value_options(const std::map<std::string, std::string>& settings) {
    WALFERRY_TRY(read, parse_debezium_settings(settings, DebeziumRole::Writer));
    return ValueOptions{std::move(read), Fidelity::Debezium};
}

}  // namespace walferry::publish
