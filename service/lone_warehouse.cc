#include "service/lone_warehouse.h"

#include <fmt/format.h>

#include <filesystem>

#include "capture/source_catalog.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/pipeline.h"
#include "pipeline/session_setup.h"

namespace walferry {

Result<LoneWarehouse> LoneWarehouse::open(const Config& config, bool read_only) {
    std::error_code ignored;
    if (config.warehouse.duckdb && !std::filesystem::exists(config.warehouse.duckdb->path, ignored)) {
        return Error{ErrorKind::Connection,
                     fmt::format("{} does not exist yet", config.warehouse.duckdb->path),
                     "`walferry run CONFIG` makes it", ""};
    }
    LoneWarehouse lone(config);
    WALFERRY_TRY(warehouse, open_warehouse(config, read_only));
    lone.warehouse_ = std::move(warehouse);
    if (read_only) return lone;
    WALFERRY_TRY(session, lone.warehouse_->connect());
    lone.writing_ = std::move(session);
    return lone;
}

std::function<Result<std::unique_ptr<WarehouseSession>>()> LoneWarehouse::reader() const {
    return [warehouse = warehouse_.get()] { return warehouse->connect(); };
}

SingleWriter LoneWarehouse::writer() const {
    if (writing_ == nullptr) return {};
    return make_lone_writer(*writing_, control());
}

ControlSchema LoneWarehouse::control() const {
    return control_schema(*config_, warehouse_->kind(), writing_->catalog());
}

Status refuse_beside_another(const Config& config, std::string_view command) {
    if (config.kafka) return success();  // workers share the pipeline, each with partitions of its own
    const auto catalog = connect_source_catalog(config.source.connection);
    if (!catalog) return success();
    const auto slot = catalog.value()->slot(config.source.slot);
    if (!slot || !slot.value() || !slot.value()->active) return success();
    return Error{
        ErrorKind::Refused,
        fmt::format("the slot {} is in use by process {} at the source: a walferry runs that does not "
                    "answer on {}",
                    config.source.slot, slot.value()->active_pid, config.http.listen),
        fmt::format("let it answer there, or stop it, and then `walferry {}` again", command), ""};
}

}  // namespace walferry
