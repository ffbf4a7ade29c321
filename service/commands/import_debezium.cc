#include <fmt/format.h>

#include <cstdio>

#include "service/commands/commands.h"
#include "service/config_reload.h"
#include "service/debezium_import/import_connector.h"
#include "service/new_file.h"

namespace walferry {
namespace {

void print_findings(const ImportedConfig& config, ImportFinding::Kind kind, const char* title) {
    for (const ImportFinding& finding : config.findings) {
        if (finding.kind == kind)
            fmt::print(stderr, "walferry: {}: {}: {}\n", title, finding.key, finding.text);
    }
}

Result<ImportedConfig> import_file(const ImportDebeziumCommand& command) {
    WALFERRY_TRY(text, read_config_text(command.connector));
    auto file = read_connector_file(text);
    if (!file) return file.error().in(command.connector);
    auto config = import_connector(file.value(), {command.publish, command.from_kafka, command.brokers});
    if (!config) return config.error().in(command.connector);
    return config;
}

}  // namespace

ExitCode run_import_debezium(const ImportDebeziumCommand& command) {
    const auto config = import_file(command);
    if (!config) return fail_with(config.error(), "");
    const std::string text = write_imported(config.value());
    if (command.output.empty()) {
        fmt::print("{}", text);
    } else if (const Status written = write_new_file(command.output, text); !written) {
        return fail_with(written.error(), "");
    }
    print_findings(config.value(), ImportFinding::Kind::NoCounterpart, "without counterpart");
    print_findings(config.value(), ImportFinding::Kind::Changed, "to be known");
    if (!command.output.empty()) {
        fmt::print(stderr, "walferry: wrote {0}; next: read its comments, then `walferry check {0}`\n",
                   command.output);
    }
    return ExitCode::Done;
}

}  // namespace walferry
