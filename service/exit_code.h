#pragma once

#include <string>

#include "model/error.h"

namespace walferry {

/// What the process answers; the numbers are part of the interface.
enum class ExitCode : int {
    Done = 0,
    No = 1,           ///< the answer is no: differences, errors found by `check`, a query that failed
    Usage = 2,        ///< usage or configuration; nothing was created
    Person = 3,       ///< a person must decide; the message names the way out
    Unreachable = 4,  ///< one-shot command: source or warehouse out of reach
};

/// For commands that do one thing and end. (`run` retries what can heal, and ends with Usage or Person.)
ExitCode one_shot_exit_code(const Error& error);

/// The text with the configuration's path in the place of CONFIG.
std::string with_config_path(std::string text, const std::string& config_path);

/// Error and way out as a person at the shell needs them: CONFIG in the commands is the file that was given.
std::string operator_text(const Error& error, const std::string& config_path);

/// Prints `operator_text` to stderr.
void print_error(const Error& error, const std::string& config_path);

/// The end of a command that does one thing: prints the error, gives its `one_shot_exit_code`.
ExitCode fail_with(const Error& error, const std::string& config_path);

}  // namespace walferry
