#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/publish/publish_pipeline.h"
#include "pipeline/session_setup.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/publish_status.h"
#include "service/service_client.h"

namespace walferry {
namespace {

Error still_running(const std::string& seen) {
    return Error{ErrorKind::Refused, seen, "stop the running walferry, then `walferry drop CONFIG`", ""};
}

/// What there is to remove, and the connections to do it over.
struct Remains {
    std::unique_ptr<Warehouse> warehouse;  ///< null with `session` when there is no DuckDB file
    std::unique_ptr<WarehouseSession> session;
    std::unique_ptr<SourceCatalog> catalog;
    ControlSchema control;
    bool has_control = false;
    std::optional<Checkpoint> checkpoint;
    std::optional<SlotStatus> slot;
    std::string slot_left;  ///< why a slot of that name is not ours to drop
    bool has_publication = false;
};

Status open_warehouse_of(const Config& config, Remains& remains) {
    std::error_code ignored;
    if (config.warehouse.duckdb && !std::filesystem::exists(config.warehouse.duckdb->path, ignored))
        return success();
    auto warehouse = open_warehouse(config, false);
    if (!warehouse) {
        const Error& error = warehouse.error();
        return error.kind == ErrorKind::Busy ? still_running(error.message) : error;
    }
    remains.warehouse = std::move(warehouse.value());
    WALFERRY_TRY(session, remains.warehouse->connect());
    remains.session = std::move(session);
    remains.control = control_schema(config, remains.warehouse->kind(), remains.session->catalog());
    WALFERRY_TRY(has_control, has_control_schema(*remains.session, remains.control));
    remains.has_control = has_control;
    if (!has_control) return success();
    WALFERRY_TRY(checkpoint, CheckpointStore(remains.control).read(*remains.session));
    remains.checkpoint = std::move(checkpoint);
    return success();
}

Result<Remains> look(const Config& config) {
    if (ServiceClient(config).status()) {
        return still_running(fmt::format("the pipeline {} runs: its service answers on {}", config.pipeline,
                                         config.http.listen));
    }
    Remains remains;
    WALFERRY_TRYV(open_warehouse_of(config, remains));
    if (config.kafka) return remains;
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    remains.catalog = std::move(catalog);
    WALFERRY_TRY(identity, remains.catalog->identity());
    WALFERRY_TRY(slot, remains.catalog->slot(config.source.slot));
    WALFERRY_TRY(publication, remains.catalog->publication(config.source.publication));
    remains.has_publication = publication.has_value();
    if (!slot) return remains;
    if (slot->plugin != "pgoutput" || slot->database != identity.database) {
        remains.slot_left =
            fmt::format("plugin {}, database {}", slot->plugin.empty() ? "none" : slot->plugin,
                        slot->database.empty() ? "none" : slot->database);
        return remains;
    }
    if (slot->active) {
        return still_running(
            fmt::format("the slot {} is in use by process {} at the source", slot->name, slot->active_pid));
    }
    remains.slot = std::move(slot);
    return remains;
}

bool drops_publication(const Remains& remains) {
    return remains.has_publication && remains.checkpoint && remains.checkpoint->made_publication;
}

/// Asks on a terminal.
bool confirmed(const Config& config, const Remains& remains) {
    fmt::print(stderr, "This removes from pipeline {}:\n", config.pipeline);
    if (remains.slot) fmt::print(stderr, "  the slot {} at the source\n", remains.slot->name);
    if (drops_publication(remains))
        fmt::print(stderr, "  the publication {} at the source\n", config.source.publication);
    if (remains.has_control)
        fmt::print(stderr, "  its rows in schema {} of the warehouse\n", config.warehouse.control_schema);
    fmt::print(stderr, "The copied data stays. Go on? [y/N] ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Status remove_control(const Config& config, Remains& remains) {
    if (!remains.has_control) {
        fmt::print("there was no control state in the warehouse\n");
        return success();
    }
    WALFERRY_TRYV(drop_control_rows(*remains.session, remains.control));
    fmt::print("removed the control state of pipeline {}; the data stays\n", config.pipeline);
    return success();
}

/// The control rows go last: they know whose the publication is.
Status remove(const Config& config, Remains& remains) {
    if (config.kafka) return remove_control(config, remains);
    if (remains.slot) {
        const Status dropped = remains.catalog->drop_slot(remains.slot->name);
        if (!dropped) {
            const Error& error = dropped.error();
            return error.kind == ErrorKind::Busy ? still_running(error.message) : error;
        }
        fmt::print("dropped the slot {}\n", remains.slot->name);
    } else if (!remains.slot_left.empty()) {
        fmt::print("left the slot {}: it is not walferry's ({})\n", config.source.slot, remains.slot_left);
    } else {
        fmt::print("there was no slot {}\n", config.source.slot);
    }
    if (drops_publication(remains)) {
        WALFERRY_TRYV(remains.catalog->drop_publication(config.source.publication));
        fmt::print("dropped the publication {}\n", config.source.publication);
    } else if (remains.has_publication) {
        fmt::print("left the publication {}: walferry is not known to have made it\n",
                   config.source.publication);
    } else {
        fmt::print("there was no publication {}\n", config.source.publication);
    }
    return remove_control(config, remains);
}

/// What publishing made; what is published stays.
Status drop_published(const Config& config, bool yes) {
    if (ServiceClient(config).status()) {
        return still_running(fmt::format("the pipeline {} runs: its service answers on {}", config.pipeline,
                                         config.http.listen));
    }
    if (!yes) {
        fmt::print(stderr,
                   "This removes the slot {} and walferry's publication at the source, and the checkpoint in "
                   "Kafka's topic {}. What is published stays. Go on? [y/N] ",
                   config.publish->slot, config.publish->checkpoint_topic);
        std::string answer;
        std::getline(std::cin, answer);
        if (answer != "y" && answer != "Y" && answer != "yes")
            return Error{ErrorKind::Cancelled, "nothing was removed", "", ""};
    }
    WALFERRY_TRY(options, publish::publish_options(config));
    WALFERRY_TRYV(publish::drop_publishing(options));
    fmt::print("removed what publishing made: the slot {} and its checkpoint\n", config.publish->slot);
    return success();
}

}  // namespace

ExitCode run_drop(const DropCommand& command) {
    const auto config = refuse_unfinished(load_config(command.config));
    if (!config) return fail_with(config.error(), command.config);
    if (!command.yes && ::isatty(STDIN_FILENO) == 0) {
        fmt::print(stderr,
                   "walferry: drop asks before it removes anything; without a terminal, --yes is needed\n");
        return ExitCode::Usage;
    }
    if (config.value().publish && !has_warehouse(config.value())) {
        const Status dropped = drop_published(config.value(), command.yes);
        return dropped ? ExitCode::Done : fail_with(dropped.error(), command.config);
    }
    auto remains = look(config.value());
    if (remains && !command.yes && !confirmed(config.value(), remains.value())) {
        fmt::print(stderr, "walferry: nothing was removed\n");
        return ExitCode::No;
    }
    Status removed = remains ? remove(config.value(), remains.value()) : Status{remains.error()};
    if (removed && config.value().publish) removed = drop_published(config.value(), true);
    if (removed) return ExitCode::Done;
    return fail_with(removed.error(), command.config);
}

}  // namespace walferry
