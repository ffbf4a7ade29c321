#include <fmt/format.h>
#include <malloc.h>

#include <csignal>

#include "service/command_line.h"
#include "service/commands/commands.h"
#include "service/completion.h"
#include "service/logging.h"
#include "service/manual_page.h"

namespace {

using namespace walferry;

/// Keeps resident memory near what is in use: few arenas for many threads, and large blocks given back when
/// freed.
void bound_malloc() {
    constexpr int arenas_max = 2;
    constexpr int mmap_bytes_min = 256 * 1024;
    ::mallopt(M_ARENA_MAX, arenas_max);
    ::mallopt(M_MMAP_THRESHOLD, mmap_bytes_min);
}

struct Runner {
    const CommandLine& line;

    ExitCode operator()(const InitCommand& command) const { return run_init(command); }
    ExitCode operator()(const ImportDebeziumCommand& command) const { return run_import_debezium(command); }
    ExitCode operator()(const CheckCommand& command) const { return run_check(command); }
    ExitCode operator()(const RunCommand& command) const { return run_pipeline(command, line.log()); }
    ExitCode operator()(const StatusCommand& command) const { return run_status(command); }
    ExitCode operator()(const SqlCommand& command) const { return run_sql(command); }
    ExitCode operator()(const DlqCommand& command) const { return run_dlq(command); }
    ExitCode operator()(const ResyncCommand& command) const { return run_resync(command, line.log()); }
    ExitCode operator()(const VerifyCommand& command) const { return run_verify(command); }
    ExitCode operator()(const DbtCommand& command) const { return run_dbt(command); }
    ExitCode operator()(const SupportBundleCommand& command) const { return run_support_bundle(command); }
    ExitCode operator()(const DropCommand& command) const { return run_drop(command); }
    ExitCode operator()(const CompletionCommand& command) const {
        fmt::print("{}", completion_script(line.tree(), command.shell));
        return ExitCode::Done;
    }
    ExitCode operator()(const ManualCommand& command) const {
        fmt::print("{}", command.page == "walferry" ? command_manual(line.tree()) : configuration_manual());
        return ExitCode::Done;
    }
};

}  // namespace

int main(int count, char** arguments) {
    bound_malloc();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error to handle, whichever limit filled it
    CommandLine line;
    if (const auto exit = line.parse(count, arguments)) return static_cast<int>(*exit);
    const LogFlags& log = line.log();
    set_up_logging({log.level.empty() ? "warn" : log.level, log.format.empty() ? "text" : log.format, ""});
    return static_cast<int>(std::visit(Runner{line}, line.command()));
}
