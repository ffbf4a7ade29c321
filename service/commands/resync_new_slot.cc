#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/new_slot.h"
#include "pipeline/pipeline.h"
#include "service/commands/commands.h"
#include "service/resync_access.h"
#include "service/signals.h"

namespace walferry {
namespace {

Result<NewSlot> renew(const Config& config, std::stop_token stop) {
    if (ResyncAccess(config).is_remote()) {
        return Error{ErrorKind::Refused, "a walferry runs this pipeline, and streams from the slot",
                     "stop the running walferry, then `walferry resync CONFIG --all --new-slot`", ""};
    }
    WALFERRY_TRY(warehouse, open_warehouse(config, false));
    return renew_slot(config, *warehouse, std::move(stop));
}

void print(const Config& config, const NewSlot& made, bool as_json) {
    if (as_json) {
        nlohmann::ordered_json json = {
            {"slot", config.source.slot}, {"position", to_string(made.position)}, {"tables", made.tables}};
        fmt::print("{}\n", json.dump(2));
        return;
    }
    fmt::print("the slot {} begins anew at {}; the next `walferry run` copies {} tables anew\n",
               config.source.slot, to_string(made.position), made.tables);
}

}  // namespace

ExitCode run_new_slot(const ResyncCommand& command, const Config& config) {
    std::stop_source stop;
    const StopSignals signals(stop, [stop]() mutable { stop.request_stop(); });
    const auto made = renew(config, stop.get_token());
    if (!made) return fail_with(made.error(), command.config);
    print(config, made.value(), command.json);
    return ExitCode::Done;
}

}  // namespace walferry
