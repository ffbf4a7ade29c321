#include "publish/debezium_options.h"

#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

std::string problem(const std::map<std::string, std::string>& settings) {
    const auto options = parse_value_options(settings);
    return options ? "" : options.error().message;
}

}  // namespace

TEST_CASE("settings have Debezium's names, values and defaults") {
    const ValueOptions defaults = parse_value_options({}).value();
    CHECK(defaults.decimal == DecimalMode::Precise);
    CHECK(defaults.time == TimeMode::Adaptive);
    CHECK(defaults.unavailable == "__debezium_unavailable_value");
    const ValueOptions options = parse_value_options({{"decimal.handling.mode", " String "},
                                                      {"time.precision.mode", "adaptive_time_microseconds"},
                                                      {"hstore.handling.mode", "map"},
                                                      {"interval.handling.mode", "string"},
                                                      {"binary.handling.mode", "base64-url-safe"},
                                                      {"include.unknown.datatypes", "TRUE"},
                                                      {"unavailable.value.placeholder", "hex:00fF"}})
                                     .value();
    CHECK(options.decimal == DecimalMode::String);
    CHECK(options.time == TimeMode::AdaptiveTimeMicroseconds);
    CHECK(options.hstore == HstoreMode::Map);
    CHECK(options.interval == IntervalMode::String);
    CHECK(options.binary == BinaryMode::Base64UrlSafe);
    CHECK(options.include_unknown);
    CHECK(options.unavailable == std::string("\0\xff", 2));
    CHECK(parse_value_options({{"unavailable.value.placeholder", ""}}).value().unavailable == "");
}

TEST_CASE("a setting that is wrong names what is allowed") {
    CHECK(problem({{"decimal.handling.mode", "exact"}}) ==
          "decimal.handling.mode: \"exact\" is none of its values, allowed: precise, double, string");
    CHECK(problem({{"time.precision.mode", "structured"}}) ==
          "time.precision.mode: \"structured\" is none of its values, allowed: adaptive, "
          "adaptive_time_microseconds, "
          "connect, isostring, microseconds, nanoseconds");
    CHECK(problem({{"hstore.handling.mode", ""}}) ==
          "hstore.handling.mode: \"\" is none of its values, allowed: json, map");
    CHECK(problem({{"interval.handling.mode", "iso"}}) ==
          "interval.handling.mode: \"iso\" is none of its values, allowed: numeric, string");
    CHECK(problem({{"binary.handling.mode", "base32"}}) ==
          "binary.handling.mode: \"base32\" is none of its values, allowed: bytes, base64, base64-url-safe, "
          "hex");
    CHECK(problem({{"include.unknown.datatypes", "1"}}) ==
          "include.unknown.datatypes: \"1\" is none of its values, allowed: false, true");
    CHECK(
        problem({{"unavailable.value.placeholder", "hex:0"}}).starts_with("unavailable.value.placeholder: "));
    CHECK(problem({{"snapshot.mode", "never"}})
              .starts_with(
                  "snapshot.mode: no setting of Debezium that changes how values look, allowed: binary"));
}

}  // namespace walferry::publish
