#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/service_client.h"
#include "service/status_json.h"
#include "service/stopped_status.h"

namespace walferry {

ExitCode run_status(const StatusCommand& command) {
    const auto config = load_config(command.config);
    if (!config) {
        print_error(config.error(), command.config);
        return one_shot_exit_code(config.error());
    }
    auto status = ServiceClient(config.value()).status();
    if (!status) {
        const auto report = read_stopped_status(config.value());
        if (!report) {
            Error error = report.error();
            if (error.kind == ErrorKind::Busy) {
                error.way_out = fmt::format(
                    "a walferry may hold the file that does not answer on {} yet, or listens elsewhere",
                    config.value().http.listen);
            }
            print_error(error, command.config);
            return one_shot_exit_code(error);
        }
        status = status_json(report.value());
    }
    if (command.json) {
        fmt::print("{}\n", status->dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
        fmt::print("{}", status_text(*status));
    }
    return ExitCode::Done;
}

}  // namespace walferry
