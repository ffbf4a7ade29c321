#include "service/manual_page.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <vector>

#include "config/keys.h"

namespace walferry {
namespace {

constexpr const char* exit_status = R"(.SH EXIT STATUS
.TP
.B 0
Done. For \fBrun\fR: stopped by SIGTERM or SIGINT, everything applied is checkpointed; or caught up.
.TP
.B 1
The answer is no: differences or errors were found.
.TP
.B 2
Usage or configuration; nothing was created anywhere.
.TP
.B 3
A person must decide; the message names the way out.
.TP
.B 4
One\-shot command: source or warehouse out of reach.
.SH SIGNALS
.TP
.B SIGTERM, SIGINT
\fBrun\fR stops clean; the second one ends it at once.
.TP
.B SIGHUP
\fBrun\fR reads its configuration again, unless stderr is a terminal. Tables, types, batch limits, copy workers,
dead letters' rate and log level are taken; a file that is wrong or changes anything else is refused, and logged.
.SH ENVIRONMENT
.TP
.B WALFERRY_HASH_KEY
The key for \fBhash_columns\fR.
.TP
.B PGPASSFILE, PGSERVICEFILE, PGSSLMODE \fRand others of libpq
As libpq documents them.
.TP
.B NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM
Set by systemd, see \fBsd_notify\fR(3).
)";

constexpr const char* files = R"(.SH FILES
.TP
.I /etc/walferry/NAME.yaml
Configuration of the pipeline that the unit walferry@NAME runs, see \fBwalferry.yaml\fR(5).
.TP
.I /etc/walferry/NAME.pgpass, /etc/walferry/NAME.env
Passwords in libpq's format, and environment variables; given to the unit, readable by root alone.
.TP
.I /var/lib/walferry/NAME
The unit's working directory: relative paths in its configuration begin there.
.TP
.I /usr/share/doc/walferry
Operations, runbook, alert rules, dashboard, examples.
)";

std::string heading(std::string_view name, int section) {
    return fmt::format(".TH {} {} \"\" \"walferry {}\" \"walferry\"\n", name, section, WALFERRY_VERSION);
}

bool hidden(const CLI::App& command) {
    return command.get_group().empty();
}

std::string option_entry(const CLI::Option& option) {
    const bool positional = option.get_positional();
    std::string name = positional ? option.get_name(true) : option.get_name(false, true);
    // The library appends what a check allows, which the description has in words.
    const std::string type = option.get_type_name().substr(0, option.get_type_name().find(':'));
    if (!positional && !type.empty()) name += " " + type;
    return fmt::format(".TP\n.B {}\n{}\n", roff_text(name), roff_text(option.get_description()));
}

std::string usage_of(const CLI::App& command) {
    std::string usage = "\\fBwalferry " + roff_text(command.get_name()) + "\\fR";
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_positional()) {
            const std::string name = roff_text(option->get_name(true));
            usage += option->get_required() ? " \\fI" + name + "\\fR" : " [\\fI" + name + "\\fR]";
        }
    }
    if (!command.get_subcommands({}).empty()) usage += " \\fIACTION\\fR …";
    return usage + " [options]";
}

std::string command_entry(const CLI::App& command, const std::string& path) {
    std::string text = fmt::format(".SS {}\n{}.\n", roff_text(path), roff_text(command.get_description()));
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_name(false, true).find("--help") == std::string::npos) text += option_entry(*option);
    }
    for (const CLI::App* below : command.get_subcommands({}))
        text += command_entry(*below, path + " " + below->get_name());
    return text;
}

std::string key_entry(const Key& key) {
    std::string text = fmt::format(".TP\n.B {}\n{}", roff_text(key.path), roff_text(key.description));
    if (!key.description.empty()) text += ".";
    const bool section = key.type == KeyType::Section || key.type == KeyType::SectionList;
    if (!section && key.type != KeyType::SectionMap)
        text += fmt::format(" Allowed: {}.", roff_text(allowed_values(key)));
    if (key.required) text += " Required.";
    if (!key.default_text.empty()) text += fmt::format(" Default: {}.", roff_text(key.default_text));
    return text + "\n";
}

}  // namespace

std::string roff_text(std::string_view text) {
    std::string escaped;
    for (const char byte : text) {
        if (byte == '\\') {
            escaped += "\\e";
        } else if (byte == '-') {
            escaped += "\\-";
        } else if ((byte == '.' || byte == '\'') && (escaped.empty() || escaped.back() == '\n')) {
            escaped += std::string("\\&") + byte;
        } else {
            escaped += byte;
        }
    }
    return escaped;
}

std::string command_manual(const CLI::App& tree) {
    std::string page = heading("WALFERRY", 1);
    page += ".SH NAME\nwalferry \\- ferry PostgreSQL's changes to a warehouse, exactly once\n.SH SYNOPSIS\n";
    for (const CLI::App* command : tree.get_subcommands({})) {
        if (!hidden(*command)) page += usage_of(*command) + "\n.br\n";
    }
    page += fmt::format(".SH DESCRIPTION\n{}\n", roff_text(tree.get_description()));
    page += "Messages go to stderr, results to stdout.\n.SH OPTIONS\n";
    for (const CLI::Option* option : tree.get_options()) page += option_entry(*option);
    page += ".SH COMMANDS\n";
    for (const CLI::App* command : tree.get_subcommands({})) {
        if (!hidden(*command)) page += command_entry(*command, command->get_name());
    }
    return page + exit_status + files + ".SH SEE ALSO\n.BR walferry.yaml (5),\n.BR systemd.exec (5)\n";
}

std::string configuration_manual() {
    std::string page = heading("WALFERRY.YAML", 5);
    page +=
        ".SH NAME\nwalferry.yaml \\- configuration of a walferry pipeline\n.SH DESCRIPTION\n"
        "A YAML file. Unknown and duplicate keys are errors. In values ${NAME} and ${NAME:\\-default} stand "
        "for\n"
        "environment variables, $${ for a literal ${. [] in a key stands for each item of a list, * for a "
        "name of\n"
        "yours.\n.SH KEYS\n";
    for (const Key& key : configuration_keys()) {
        if (key.available()) page += key_entry(key);
    }
    return page + files + ".SH SEE ALSO\n.BR walferry (1)\n";
}

}  // namespace walferry
