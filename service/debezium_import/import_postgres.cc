#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/names.h"
#include "service/debezium_import/import_parts.h"

namespace walferry::importing {
namespace {

constexpr std::pair<const char*, const char*> keywords[] = {
    {"database.hostname", "host"},   {"database.port", "port"},
    {"database.user", "user"},       {"database.dbname", "dbname"},
    {"database.sslmode", "sslmode"}, {"database.sslcert", "sslcert"},
    {"database.sslkey", "sslkey"},   {"database.sslrootcert", "sslrootcert"}};

void take_snapshot(SettingLedger& ledger, ImportedSection& section) {
    const std::string key = "snapshot.mode";
    const auto mode = ledger.take_raw(key);
    if (!mode) return;
    const std::string word = lower_case(*mode);
    const bool never = word == "never" || word == "no_data";
    section.set_yaml("snapshot", never ? "never" : "initial");
    if (never || word == "initial") return;
    ledger.no_counterpart(key, fmt::format("{}: initial is written; initial and never are there", *mode));
}

void take_publication(SettingLedger& ledger, ImportedSection& section) {
    if (const auto slot = ledger.take("slot.name")) {
        if (slot_name_problem(*slot)) {
            ledger.no_counterpart("slot.name", "is no slot's name");
        } else {
            section.set("slot", *slot);
            ledger.changed("slot.name",
                           "walferry can't use the slot while the connector does: stop that first");
        }
    }
    if (const auto publication = ledger.take("publication.name")) section.set("publication", *publication);
    const std::string mode_key = "publication.autocreate.mode";
    if (const auto mode = ledger.take_raw(mode_key)) {
        if (lower_case(*mode) == "filtered") {
            ledger.needless(mode_key, "a publication of the matched tables is created when there is none");
        } else {
            ledger.no_counterpart(
                mode_key,
                fmt::format("{}: when there is none, a publication of the matched tables is created", *mode));
        }
    }
}

}  // namespace

bool is_true(const std::optional<std::string>& value) {
    return value && lower_case(*value) == "true";
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    });
    return text;
}

std::string conninfo_value(const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               std::string_view("._-/:,").find(byte) != std::string_view::npos;
    });
    if (plain) return text;
    std::string quoted = "'";
    for (const char byte : text) {
        if (byte == '\'' || byte == '\\') quoted += '\\';
        quoted += byte;
    }
    return quoted + "'";
}

std::string prefix_of(SettingLedger& ledger) {
    const auto old_prefix = ledger.take("database.server.name");
    const auto prefix = ledger.take("topic.prefix");
    return prefix.value_or(old_prefix.value_or("${TOPIC_PREFIX}"));
}

void take_postgres_server(SettingLedger& ledger, ImportedConfig& config, ImportedSection& section) {
    std::string connection;
    for (const auto& [key, keyword] : keywords) {
        if (const auto value = ledger.take(key))
            connection +=
                fmt::format("{}{}={}", connection.empty() ? "" : " ", keyword, conninfo_value(*value));
    }
    if (const auto keep_alive = ledger.take_raw("database.tcpKeepAlive"))
        connection += is_true(keep_alive) ? " keepalives=1" : " keepalives=0";
    if (const auto password = ledger.take_secret("database.password", "WALFERRY_SOURCE_PASSWORD"))
        connection += " password='" + *password + "'";
    if (const auto password = ledger.take_secret("database.sslpassword", "WALFERRY_SOURCE_SSLPASSWORD"))
        connection += " sslpassword='" + *password + "'";
    if (ledger.has("database.sslkey"))
        ledger.changed("database.sslkey", "libpq reads PEM, Java's driver PKCS-8 in DER");
    config.postgres_source.set("connection", connection, "or leave the password to PGPASSFILE");
    if (const auto threads = ledger.take_raw("snapshot.max.threads")) {
        if (config.needs_warehouse && !threads->empty() &&
            threads->find_first_not_of("0123456789") == std::string::npos) {
            config.postgres_source.set_yaml("copy_workers", *threads);
        } else {
            ledger.no_counterpart("snapshot.max.threads", "is not taken over");
        }
    }
    take_publication(ledger, section);
    take_snapshot(ledger, section);
}

}  // namespace walferry::importing
