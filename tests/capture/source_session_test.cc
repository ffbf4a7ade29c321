#include "capture/source_session.h"

#include <algorithm>
#include <cstdlib>

#include "capture/pgoutput/replication_connection.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

std::string value(const ConnectionParameters& parameters, const std::string& keyword) {
    CHECK(std::count_if(parameters.begin(), parameters.end(),
                        [&](const auto& pair) { return pair.first == keyword; }) <= 1);
    for (const auto& [name, text] : parameters) {
        if (name == keyword) return text;
    }
    return "";
}

ConnectionParameters parameters_of(const std::string& connection) {
    auto parameters = source_parameters(connection);
    if (parameters.has_error()) FAIL(parameters.error().message);
    return std::move(parameters).value();
}

}  // namespace

TEST_CASE("a connection URL gets the settings that fix PostgreSQL's text output") {
    const auto parameters = parameters_of("postgresql://ferry@db.example:5433/shop?sslmode=require");
    CHECK(value(parameters, "host") == "db.example");
    CHECK(value(parameters, "port") == "5433");
    CHECK(value(parameters, "user") == "ferry");
    CHECK(value(parameters, "dbname") == "shop");
    CHECK(value(parameters, "sslmode") == "require");
    CHECK(value(parameters, "client_encoding") == "UTF8");
    CHECK(value(parameters, "fallback_application_name") == "walferry");
    for (const char* setting : {"datestyle=ISO", "intervalstyle=postgres", "extra_float_digits=3",
                                "timezone=UTC", "bytea_output=hex", "lc_monetary=C"})
        CHECK(value(parameters, "options").find(setting) != std::string::npos);
}

TEST_CASE("the user's own settings win for timeouts, ours for the session") {
    const auto parameters = parameters_of(
        "host=h connect_timeout=3 client_encoding=LATIN1 replication=true options='-c timezone=Asia/Tokyo'");
    CHECK(value(parameters, "connect_timeout") == "3");
    CHECK(value(parameters, "client_encoding") == "UTF8");
    CHECK(value(parameters, "replication").empty());
    const std::string options = value(parameters, "options");
    CHECK(options.find("-c timezone=Asia/Tokyo ") == 0);
    CHECK(options.rfind("timezone=UTC") > options.find("timezone=Asia/Tokyo"));
    CHECK(value(replication_parameters("host=h").value(), "replication") == "database");
}

TEST_CASE("what libpq can't parse is an error of the configuration") {
    for (const char* text : {"postgresql://[::1/db", "colour=red", "host='open"}) {
        CAPTURE(text);
        const auto parameters = source_parameters(text);
        REQUIRE(parameters.has_error());
        CHECK(parameters.error().kind == ErrorKind::Configuration);
    }
}

TEST_CASE("a connection string built from parameters is read back the same") {
    const auto parameters = parameters_of("host=h password='it\\'s \\\\ \\'quoted\\' ' user='a b'");
    const auto again = parameters_of(conninfo(parameters));
    for (const char* keyword : {"host", "password", "user", "connect_timeout"})
        CHECK(value(again, keyword) == value(parameters, keyword));
}

TEST_CASE("SQLSTATEs map to the kinds of the failure policy") {
    CHECK(kind_of_sqlstate("57P03") == ErrorKind::Connection);
    CHECK(kind_of_sqlstate("57P01") == ErrorKind::Connection);
    CHECK(kind_of_sqlstate("08006") == ErrorKind::Connection);
    CHECK(kind_of_sqlstate("55006") == ErrorKind::Busy);
    CHECK(kind_of_sqlstate("55P03") == ErrorKind::Busy);
    CHECK(kind_of_sqlstate("40001") == ErrorKind::Serialization);
    CHECK(kind_of_sqlstate("28P01") == ErrorKind::Permission);
    CHECK(kind_of_sqlstate("42501") == ErrorKind::Permission);
    CHECK(kind_of_sqlstate("53300") == ErrorKind::Resource);
    CHECK(kind_of_sqlstate("55000") == ErrorKind::Refused);
    CHECK(kind_of_sqlstate("42P01") == ErrorKind::Schema);
    CHECK(kind_of_sqlstate("57014") == ErrorKind::Cancelled);
    CHECK(kind_of_sqlstate("") == ErrorKind::Internal);
}

TEST_CASE("a timeline history names where each earlier timeline ended") {
    const std::string history =
        "1\t0/3000158\tno recovery target specified\n\n# by hand\n2\t16/B374D848\tbefore 2024-01-01\n";
    CHECK(switch_point(history, 1).value() == Lsn{0x3000158});
    CHECK(switch_point(history, 2).value() == Lsn{0x16B374D848});
    CHECK_FALSE(switch_point(history, 3).value().has_value());
    CHECK_FALSE(switch_point("", 1).value().has_value());
    REQUIRE(switch_point("what is this\n", 1).has_error());
    CHECK(switch_point("what is this\n", 1).error().kind == ErrorKind::Protocol);
}
