#pragma once

#include "config/config.h"
#include "service/command_line.h"
#include "service/exit_code.h"

/// The commands: each does all of its work and gives the exit code. Messages go to stderr, results to stdout.
namespace walferry {

ExitCode run_init(const InitCommand& command);
/// `import-debezium`: what import_connector.h makes of a file.
ExitCode run_import_debezium(const ImportDebeziumCommand& command);
ExitCode run_check(const CheckCommand& command);
/// `check --contracts`.
ExitCode run_contract_check(const Config& config, const CheckCommand& command);
/// Changes the logging to what the configuration says, where the flags say nothing.
ExitCode run_pipeline(const RunCommand& command, const LogFlags& log);
ExitCode run_status(const StatusCommand& command);
ExitCode run_sql(const SqlCommand& command);
ExitCode run_dlq(const DlqCommand& command);
/// Where it waits, it logs as `run_pipeline` does.
ExitCode run_resync(const ResyncCommand& command, const LogFlags& log);
/// `resync --all --new-slot`.
ExitCode run_new_slot(const ResyncCommand& command, const Config& config);
/// `resync --where` and `--partition`: makes a part of a table equal.
ExitCode run_resync_part(const ResyncCommand& command);
ExitCode run_verify(const VerifyCommand& command);
/// `dbt`: what dbt_sources.h says.
ExitCode run_dbt(const DbtCommand& command);
/// `support-bundle`: what support_bundle.h collects, into a file.
ExitCode run_support_bundle(const SupportBundleCommand& command);
ExitCode run_drop(const DropCommand& command);

}  // namespace walferry
