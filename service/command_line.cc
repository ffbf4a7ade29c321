#include "service/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <tuple>

#include "pipeline/resync/resync_desk.h"

namespace walferry {
namespace {

constexpr const char* config_help = "the pipeline's configuration, a YAML file";

void add_config(CLI::App* command, std::string& config) {
    command->add_option("CONFIG", config, config_help)->required()->type_name("");
}

/// A part of one table, and how it is named.
void add_part(CLI::App* command, std::string& where, std::string& partition) {
    command
        ->add_option(
            "--where", where,
            "only rows of this condition: COLUMN = <> < <= > >= VALUE, BETWEEN, IN, IS NULL, with AND")
        ->type_name("CONDITION");
    command->add_option("--partition", partition, "only rows of this partition at the source")
        ->type_name("NAME");
}

}  // namespace

CommandLine::CommandLine()
    : app_(std::make_unique<CLI::App>("walferry ferries PostgreSQL's changes to a warehouse, exactly once.",
                                      "walferry")) {
    app_->set_version_flag("--version", "walferry " WALFERRY_VERSION);
    app_->set_help_flag("-h,--help", "print this help and end");
    app_->require_subcommand(1);
    app_->add_option("--log-level", log_.level, "trace, debug, info, warn or error")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
        ->type_name("LEVEL");
    app_->add_option("--log-format", log_.format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("FORMAT");
    add_commands();
    add_import();
    add_dlq();
    add_resync();
    add_verify();
    add_neighbours();
}

CommandLine::~CommandLine() = default;

CLI::App* CommandLine::add(const char* name, const char* description) {
    return app_->add_subcommand(name, description)->fallthrough();
}

void CommandLine::add_commands() {
    CLI::App* init = add("init", "look at a source and write a first configuration");
    init->add_option("--source", init_.source, "the source: a PostgreSQL connection string or URL")
        ->required()
        ->type_name("URL");
    init->add_option("--warehouse", init_.warehouse, "the warehouse: a DuckDB file, or a PostgreSQL URL")
        ->required()
        ->type_name("PATH|URL");
    init->add_option("--tables", init_.tables, "globs on schema.table; without them, all tables")
        ->type_name("GLOB");
    init->add_option("--output", init_.output, "file to write, which must not exist yet; else stdout")
        ->type_name("FILE");
    init->callback([this] { command_ = init_; });

    CLI::App* check = add("check", "look at source and warehouse; print every finding with its fix");
    add_config(check, check_.config);
    CLI::Option* contracts = check->add_flag("--contracts", check_.contracts,
                                             "only run the contracts over the rows that the source has");
    check->add_flag("--json", check_.json, "the contracts' report as JSON")->needs(contracts);
    check->callback([this] { command_ = check_; });

    CLI::App* run = add("run", "run the pipeline until it is stopped");
    add_config(run, run_.config);
    run->add_flag("--until-caught-up", run_.until_caught_up,
                  "end when all that is committed by now is in the warehouse");
    run->callback([this] { command_ = run_; });

    CLI::App* status = add("status", "say where the pipeline stands, whether it runs or not");
    add_config(status, status_.config);
    status->add_flag("--json", status_.json, "as JSON");
    status
        ->add_option("--watch", status_.watch_seconds,
                     "go on asking the service, every 2 s or as often as said, until Ctrl-C")
        ->expected(0, 1)
        ->default_str("2")
        ->check(CLI::Range(0.1, 86'400.0))
        ->type_name("SECONDS");
    status->callback([this] { command_ = status_; });

    CLI::App* sql = add("sql", "read-only query of the warehouse, also while the service holds it");
    add_config(sql, sql_.config);
    sql->add_option("QUERY", sql_.query, "one query; without it, read from stdin")->type_name("");
    CLI::Option* json = sql->add_flag("--json", sql_.json, "columns and rows as JSON");
    sql->add_flag("--csv", sql_.csv, "as CSV")->excludes(json);
    sql->callback([this] { command_ = sql_; });

    CLI::App* drop =
        add("drop", "remove slot, publication and control state that walferry made; not the data");
    add_config(drop, drop_.config);
    drop->add_flag("--yes", drop_.yes, "do not ask");
    drop->callback([this] { command_ = drop_; });

    CLI::App* completion = add("completion", "print a completion script");
    completion->add_option("SHELL", completion_.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("");
    completion->callback([this] { command_ = completion_; });

    CLI::App* manual = add("manual", "print a manual page")->group("");
    manual->add_option("PAGE", manual_.page)->required()->check(CLI::IsMember({"walferry", "walferry.yaml"}));
    manual->callback([this] { command_ = manual_; });
}

void CommandLine::add_import() {
    CLI::App* import = add("import-debezium", "turn a Debezium connector's configuration into ours");
    import
        ->add_option("CONNECTOR", import_debezium_.connector,
                     "the connector's configuration: JSON or .properties")
        ->required()
        ->type_name("");
    import
        ->add_option("--output", import_debezium_.output,
                     "file to write, which must not exist yet; else stdout")
        ->type_name("FILE");
    CLI::Option* publish = import->add_flag("--publish", import_debezium_.publish,
                                            "publish to Kafka in the connector's place, without a warehouse");
    import
        ->add_flag("--from-kafka", import_debezium_.from_kafka,
                   "read the connector's topics, rather than its database")
        ->excludes(publish);
    import->add_option("--brokers", import_debezium_.brokers, "brokers of Kafka; else a variable for them")
        ->type_name("HOST:PORT,…");
    import->callback([this] { command_ = import_debezium_;
});
}  // namespace walferry

void CommandLine::add_neighbours() {
    CLI::App* dbt = add("dbt", "describe the tables of the warehouse to dbt, as sources with tests");
    add_config(dbt, dbt_.config);
    dbt->add_option("--output", dbt_.output, "file to write, which must not exist yet; else stdout")
        ->type_name("FILE");
    dbt->callback([this] { command_ = dbt_; });

    CLI::App* bundle =
        add("support-bundle", "collect what helps others to help you, without secrets and without rows");
    add_config(bundle, support_bundle_.config);
    bundle
        ->add_option(
            "--output", support_bundle_.output,
            "file to write, which must not exist yet; else one here with pipeline and time in its name")
        ->type_name("FILE");
    bundle->callback([this] { command_ = support_bundle_; });
}

void CommandLine::add_dlq() {
    using Action = DlqCommand::Action;
    constexpr std::tuple<const char*, Action, const char*> actions[] = {
        {"list", Action::List, "the open letters, one a line"},
        {"show", Action::Show, "all of a letter, open or not"},
        {"replay", Action::Replay, "try again to apply open letters; without IDs, all of them"},
        {"discard", Action::Discard, "give open letters up"}};
    CLI::App* dlq = add("dlq", "list, show, replay or discard dead letters");
    dlq->require_subcommand(1);
    for (const auto& [name, action, description] : actions) {
        CLI::App* command = dlq->add_subcommand(name, description)->fallthrough();
        add_config(command, dlq_.config);
        command->add_option("ID", dlq_.ids, "letters by their ids")->type_name("");
        command->add_option("--table", dlq_.table, "glob on the source's schema.table")->type_name("GLOB");
        command->add_option("--stage", dlq_.stage, "decode, map, contract or apply")
            ->check(CLI::IsMember({"decode", "map", "contract", "apply"}))
            ->type_name("STAGE");
        command->add_option("--since", dlq_.since, "made at that time or later: 2026-05-01T12:30, or 24h ago")
            ->type_name("TIME");
        command->add_option("--until", dlq_.until, "made before that time")->type_name("TIME");
        command->add_flag("--json", dlq_.json, "as JSON");
        command->callback([this, chosen = action] {
            dlq_.action = chosen;
            command_ = dlq_;
        });
    }
}

void CommandLine::add_resync() {
    CLI::App* resync =
        add("resync", "make tables equal to the source anew, while all goes on; waits for the end");
    add_config(resync, resync_.config);
    resync->add_option("TABLE", resync_.tables, "tables at the source, as schema.table or by name alone")
        ->type_name("");
    CLI::Option* all = resync->add_flag("--all", resync_.all, "every table that streams");
    CLI::Option* rate =
        resync->add_option("--rate", resync_.rate, "read at most so many rows a second from the source")
            ->check(CLI::Range(std::uint64_t{1}, resync_rate_max))
            ->type_name("ROWS");
    CLI::Option* no_wait = resync->add_flag("--no-wait", resync_.no_wait, "ask for it, and end");
    CLI::Option* list =
        resync->add_flag("--list", resync_.list, "the newest resyncs, open or not")->excludes(all);
    CLI::Option* cancel = resync->add_flag(
        "--cancel", resync_.cancel, "give open resyncs up, of these tables or all; targets stay as they are");
    list->excludes(rate)->excludes(no_wait)->excludes(cancel);
    cancel->excludes(rate)->excludes(no_wait)->excludes(all);
    resync
        ->add_flag("--new-slot", resync_.new_slot,
                   "while nothing runs: give the slot up for a new one; the next run copies all tables anew")
        ->needs(all)
        ->excludes(rate)
        ->excludes(no_wait);
    resync->add_flag("--json", resync_.json, "as JSON");
    add_part(resync, resync_.where, resync_.partition);
    resync->callback([this] { command_ = resync_; });
}

void CommandLine::add_verify() {
    CLI::App* verify = add("verify", "compare source and warehouse, row by row, while both change");
    add_config(verify, verify_.config);
    verify->add_option("TABLE", verify_.tables, "tables as schema.table, or globs; without them, all")
        ->type_name("");
    verify->add_flag("--json", verify_.json, "the differences as a JSON array");
    verify->add_flag("-v,--verbose", verify_.verbose, "with the columns that differ, and both values");
    verify->add_flag("--repair", verify_.repair, "make the rows that differ what they are at the source");
    verify->add_option("--rate", verify_.rate, "read so many rows a second at the source, at most")
        ->check(CLI::PositiveNumber)
        ->type_name("ROWS");
    verify->add_option("--limit", verify_.limit, "end after so many differences")
        ->check(CLI::PositiveNumber)
        ->type_name("COUNT");
    add_part(verify, verify_.where, verify_.partition);
    verify->callback([this] { command_ = verify_; });
}

std::optional<ExitCode> CommandLine::parse(int count, const char* const* arguments) {
    try {
        app_->parse(count, arguments);
        return std::nullopt;
    } catch (const CLI::Success& asked) {  // --help, --version
        app_->exit(asked, std::cout, std::cerr);
        return ExitCode::Done;
    } catch (const CLI::ParseError& wrong) {
        fmt::print(stderr, "walferry: {}\nRun `walferry --help` for more.\n", wrong.what());
        return ExitCode::Usage;
    }
}

}  // namespace walferry
