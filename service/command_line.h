#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/exit_code.h"

namespace CLI {
class App;
}

namespace walferry {

/// What was asked for on the command line, one struct a command.
struct InitCommand {
    std::string source;
    std::string warehouse;
    std::vector<std::string> tables;
    std::string output;  ///< empty: stdout
};
struct ImportDebeziumCommand {
    std::string connector;
    std::string output;  ///< empty: stdout
    bool publish = false;
    bool from_kafka = false;
    std::string brokers;
};
struct CheckCommand {
    std::string config;
    bool contracts = false;
    bool json = false;  ///< of the contracts' report
};
struct RunCommand {
    std::string config;
    bool until_caught_up = false;
};
struct StatusCommand {
    std::string config;
    bool json = false;
    double watch_seconds = 0;  ///< 0: once
};
struct SqlCommand {
    std::string config;
    std::optional<std::string> query;  ///< empty: from stdin
    bool json = false;
    bool csv = false;
};
struct DlqCommand {
    enum class Action { List, Show, Replay, Discard };
    Action action = Action::List;
    std::string config;
    std::vector<std::int64_t> ids;
    std::string table;  ///< glob
    std::string stage;
    std::string since, until;  ///< as they were written
    bool json = false;
};
struct DbtCommand {
    std::string config;
    std::string output;  ///< empty: stdout
};
struct ResyncCommand {
    std::string config;
    std::vector<std::string> tables;
    bool all = false;
    bool list = false;
    bool cancel = false;
    bool no_wait = false;
    bool new_slot = false;
    bool json = false;
    std::uint64_t rate = 0;        ///< rows a second; 0: no limit
    std::string where, partition;  ///< a part of one table
};
struct VerifyCommand {
    std::string config;
    std::vector<std::string> tables;  ///< schema.table or globs
    bool json = false;
    bool verbose = false;
    bool repair = false;
    std::uint64_t rate = 0;   ///< rows a second read at the source, 0: no limit
    std::uint64_t limit = 0;  ///< differences, 0: all
    std::string where, partition;
};
struct SupportBundleCommand {
    std::string config;
    std::string output;  ///< empty: a name with pipeline and time, here
};
struct DropCommand {
    std::string config;
    bool yes = false;
};
struct CompletionCommand {
    std::string shell;
};
/// Hidden: for those who build packages.
struct ManualCommand {
    std::string page;  ///< walferry or walferry.yaml
};

using Command = std::variant<InitCommand, ImportDebeziumCommand, CheckCommand, RunCommand, StatusCommand,
                             SqlCommand, DlqCommand, ResyncCommand, VerifyCommand, DbtCommand,
                             SupportBundleCommand, DropCommand, CompletionCommand, ManualCommand>;

/// Options that every command takes; empty where they were not given.
struct LogFlags {
    std::string level;
    std::string format;
};

/// Reads the command line. Owns the tree of commands, which `completion` is generated from.
class CommandLine {
 public:
    CommandLine();
    ~CommandLine();

    /// Empty when all is good and `command` holds what to do; else --help and --version have printed to
    /// stdout (Done), or what is wrong was printed to stderr (Usage).
    std::optional<ExitCode> parse(int count, const char* const* arguments);

    const Command& command() const { return command_; }
    const LogFlags& log() const { return log_; }
    const CLI::App& tree() const { return *app_; }

 private:
    CLI::App* add(const char* name, const char* description);
    void add_commands();
    void add_import();
    void add_neighbours();
    void add_dlq();
    void add_resync();
    void add_verify();

    std::unique_ptr<CLI::App> app_;
    LogFlags log_;
    InitCommand init_;
    ImportDebeziumCommand import_debezium_;
    CheckCommand check_;
    RunCommand run_;
    StatusCommand status_;
    SqlCommand sql_;
    DlqCommand dlq_;
    ResyncCommand resync_;
    VerifyCommand verify_;
    DbtCommand dbt_;
    SupportBundleCommand support_bundle_;
    DropCommand drop_;
    CompletionCommand completion_;
    ManualCommand manual_;
    Command command_;
};

}  // namespace walferry
