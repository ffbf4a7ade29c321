#include "pipeline/delivery/shell_command.h"

#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace walferry {

using namespace testing;

TEST_CASE("a command has our environment and what is added to it, which wins") {
    const TempDir dir("command");
    const std::string out = (dir / "out").string();
    ::setenv("WALFERRY_TEST_OURS", "ours", 1);
    ::setenv("WALFERRY_TEST_BOTH", "ours", 1);
    ShellCommand command{"echo \"$WALFERRY_TEST_OURS $WALFERRY_TEST_BOTH $WALFERRY_TEST_ADDED\" > " + out +
                         "; cat >> " + out};
    command.environment = {{"WALFERRY_TEST_BOTH", "added"}, {"WALFERRY_TEST_ADDED", "$(x) 'y'\nz"}};
    CHECK(run_shell_command(command, "input", {}));
    CHECK(read_file(out) == "ours added $(x) 'y'\nz\ninput");
}

}  // namespace walferry
