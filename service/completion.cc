#include "service/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

namespace walferry {
namespace {

struct CommandWords {
    std::string name;
    std::string description;
    std::vector<std::string> words;  ///< its options, and the arguments that are words
};

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::vector<CommandWords> words_of(const CLI::App& tree) {
    const std::vector<std::string> everywhere = option_names(tree);
    std::vector<CommandWords> commands;
    for (const CLI::App* command : tree.get_subcommands({})) {
        if (command->get_group().empty()) continue;  // hidden
        CommandWords words{command->get_name(), command->get_description(), option_names(*command)};
        for (const std::string& name : everywhere) {
            if (name != "--help" && name != "--version") words.words.push_back(name);
        }
        for (const CLI::App* below : command->get_subcommands({})) {
            words.words.push_back(below->get_name());
            for (const std::string& name : option_names(*below)) {
                if (std::find(words.words.begin(), words.words.end(), name) == words.words.end())
                    words.words.push_back(name);
            }
        }
        if (words.name == "completion") words.words.insert(words.words.end(), {"bash", "zsh", "fish"});
        commands.push_back(std::move(words));
    }
    return commands;
}

std::string bash(const std::vector<CommandWords>& commands) {
    std::string names;
    std::string cases;
    for (const CommandWords& command : commands) {
        names += command.name + " ";
        cases += fmt::format("        {}) words=\"{}\" ;;\n", command.name, fmt::join(command.words, " "));
    }
    return fmt::format(
        "# bash completion of walferry\n"
        "_walferry() {{\n"
        "    local words current=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
        "    case \"${{COMP_WORDS[1]}}\" in\n"
        "{}"
        "        *) words=\"{}--help --version\" ;;\n"
        "    esac\n"
        "    if [[ $COMP_CWORD -eq 1 ]]; then words=\"{}--help --version\"; fi\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "    if [[ $COMP_CWORD -gt 1 && \"$current\" != -* ]]; then\n"
        "        COMPREPLY+=($(compgen -f -- \"$current\"))\n"
        "    fi\n"
        "}}\n"
        "complete -o filenames -F _walferry walferry\n",
        cases, names, names);
}

std::string zsh(const std::vector<CommandWords>& commands) {
    std::string names;
    std::string cases;
    for (const CommandWords& command : commands) {
        names += fmt::format("        '{}:{}'\n", command.name, command.description);
        cases += fmt::format("        {}) compadd -- {}; _files ;;\n", command.name,
                             fmt::join(command.words, " "));
    }
    return fmt::format(
        "#compdef walferry\n"
        "_walferry() {{\n"
        "    local -a commands=(\n"
        "{}"
        "    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe command commands\n"
        "        compadd -- --help --version\n"
        "        return\n"
        "    fi\n"
        "    case \"$words[2]\" in\n"
        "{}"
        "    esac\n"
        "}}\n"
        "compdef _walferry walferry\n",
        names, cases);
}

std::string fish(const std::vector<CommandWords>& commands) {
    std::string script = "# fish completion of walferry\n";
    script += "complete -c walferry -n __fish_use_subcommand -f -l help\n";
    script += "complete -c walferry -n __fish_use_subcommand -f -l version\n";
    for (const CommandWords& command : commands) {
        script += fmt::format("complete -c walferry -n __fish_use_subcommand -f -a {} -d '{}'\n",
                              command.name, command.description);
        for (const std::string& word : command.words) {
            const bool option = word.starts_with("--");
            script += fmt::format("complete -c walferry -n '__fish_seen_subcommand_from {}' {} {}\n",
                                  command.name, option ? "-l" : "-f -a", option ? word.substr(2) : word);
        }
    }
    return script;
}

}  // namespace

std::string completion_script(const CLI::App& tree, const std::string& shell) {
    const std::vector<CommandWords> commands = words_of(tree);
    if (shell == "bash") return bash(commands);
    return shell == "zsh" ? zsh(commands) : fish(commands);
}

}  // namespace walferry
