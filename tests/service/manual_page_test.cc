#include "service/manual_page.h"

#include "config/keys.h"
#include "service/command_line.h"
#include "tests/support/catch.h"

#include <CLI/CLI.hpp>

using namespace walferry;

TEST_CASE("the manual has every command and option that --help has, and not the hidden ones") {
    const CommandLine line;
    const std::string page = command_manual(line.tree());
    for (const CLI::App* command : line.tree().get_subcommands({})) {
        INFO(command->get_name());
        const bool listed = page.find("\n.SS " + roff_text(command->get_name()) + "\n") != std::string::npos;
        CHECK(listed == !command->get_group().empty());
    }
    CHECK(page.find("\\-\\-until\\-caught\\-up") != std::string::npos);
    CHECK(page.find("manual") == std::string::npos);
}

TEST_CASE("the manual of the configuration has every key") {
    const std::string page = configuration_manual();
    for (const Key& key : configuration_keys()) {
        if (!key.available()) continue;
        INFO(key.path);
        CHECK(page.find("\n.B " + roff_text(key.path) + "\n") != std::string::npos);
    }
}

TEST_CASE("text in a manual page is never a request of roff") {
    CHECK(roff_text(".so /etc/passwd") == "\\&.so /etc/passwd");
    CHECK(roff_text("a\n'b\\c-d") == "a\n\\&'b\\ec\\-d");
}
