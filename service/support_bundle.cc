#include "service/support_bundle.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "model/quote.h"
#include "pipeline/preflight.h"
#include "service/config_reload.h"
#include "service/exit_code.h"
#include "service/findings_text.h"
#include "service/redaction.h"
#include "service/service_client.h"
#include "service/status_json.h"
#include "service/stopped_status.h"
#include "service/text_table.h"
#include "service/warehouse_query.h"

namespace walferry {
namespace {

constexpr std::size_t metrics_bytes_max = 1u << 20;

/// A control table, and what of it is counted by.
struct Counted {
    const char* table;
    const char* groups;
};
constexpr std::array counted_tables{Counted{"checkpoint", "CAST(lsn AS text), epoch, updated_at"},
                                    Counted{"table_state", "mode, state"},
                                    Counted{"schema_history", "source_schema, source_table"},
                                    Counted{"pending_change", "relation_id"},
                                    Counted{"dead_letter", "stage, state, error_code"},
                                    Counted{"outbox", "kind, published_at IS NULL"},
                                    Counted{"resync", "state"}};

std::string unavailable_text(const Error& error) {
    return "not to be had: " + describe(error) + "\n";
}

std::string status_of(const Config& config, const std::optional<nlohmann::ordered_json>& running) {
    constexpr int indent = 2;
    const auto text = [](const nlohmann::ordered_json& json) {
        return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    };
    if (running) return text(*running);
    const auto report = read_stopped_status(config);
    return report ? text(status_json(report.value())) : unavailable_text(report.error());
}

std::string configuration_of(const Config& config) {
    const auto text = read_config_text(config.file);
    if (!text) return unavailable_text(text.error());
    const auto redacted = redacted_configuration(text.value());
    return redacted ? redacted.value() : unavailable_text(redacted.error());
}

std::string findings_of(const Config& config, bool service_runs) {
    const PreflightReport report = run_preflight(config, {.service_runs = service_runs});
    return findings_text(report, config.file) + (report.failure ? unavailable_text(*report.failure) : "");
}

std::string control_tables_of(const Config& config) {
    std::string text;
    for (const auto& [table, groups] : counted_tables) {
        const QueryOutcome outcome = query_warehouse(
            config, fmt::format("SELECT {0}, count(*) AS n FROM {1}.{2} WHERE pipeline = {3} GROUP BY {0} "
                                "ORDER BY {0}",
                                groups, quote_identifier(config.warehouse.control_schema), table,
                                quote_literal(config.pipeline)));
        text += fmt::format(
            "{}\n{}\n", table,
            outcome.failure ? unavailable_text(outcome.failure->error) : table_text(outcome.result));
    }
    return text;
}

std::string metrics_of(const Config& config) {
    const auto answer = ServiceClient(config).get("/metrics");
    if (!answer) return "not to be had: no walferry answers on " + config.http.listen + "\n";
    const std::string& text = answer->body;
    return text.size() <= metrics_bytes_max ? text : text.substr(text.size() - metrics_bytes_max);
}

std::string disk_line(const std::string& name, const std::filesystem::path& path) {
    struct statvfs disk {};
    if (::statvfs(path.c_str(), &disk) != 0) return "";
    const double unit = static_cast<double>(disk.f_frsize);
    return fmt::format("{:<16}{:.0f} bytes free of {:.0f}\n", name, static_cast<double>(disk.f_bavail) * unit,
                       static_cast<double>(disk.f_blocks) * unit);
}

std::string first_lines(const char* path, int count) {
    std::ifstream file(path);
    std::string text, line;
    while (count-- > 0 && std::getline(file, line)) text += line + "\n";
    return text;
}

std::string machine_of(const Config& config) {
    utsname system{};
    ::uname(&system);
    std::string text = fmt::format("kernel          {} {} {}\nprocessors      {}\n", system.sysname,
                                   system.release, system.machine, std::thread::hardware_concurrency());
    constexpr int memory_lines = 3;  // total, free, available
    text += first_lines("/proc/meminfo", memory_lines) + first_lines("/proc/loadavg", 1);
    text += first_lines("/etc/os-release", 1) + disk_line("working folder", ".");
    if (config.warehouse.duckdb) {
        const std::filesystem::path file = std::filesystem::absolute(config.warehouse.duckdb->path);
        std::error_code missing;
        const auto size = std::filesystem::file_size(file, missing);
        text += fmt::format("{:<16}{}\n", "warehouse file",
                            missing ? missing.message() : fmt::format("{} bytes", size));
        text += disk_line("its folder", file.parent_path());
    }
    return text;
}

}  // namespace

std::vector<TarFile> collect_support_bundle(const Config& config) {
    const auto running = ServiceClient(config).status();
    std::vector<TarFile> files{{"version.txt", "walferry " WALFERRY_VERSION "\n"},
                               {"status.json", status_of(config, running)},
                               {"configuration.yaml", configuration_of(config)},
                               {"check.txt", findings_of(config, running.has_value())},
                               {"control_tables.txt", control_tables_of(config)},
                               {"metrics.txt", metrics_of(config)},
                               {"machine.txt", machine_of(config)}};
    const std::vector<std::string> secrets = secrets_of(config);
    for (TarFile& file : files) file.content = without(std::move(file.content), secrets);
    return files;
}

}  // namespace walferry
