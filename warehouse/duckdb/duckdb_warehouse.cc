#include "warehouse/duckdb/duckdb_warehouse.h"

#include <string>
#include <utility>

#include "warehouse/duckdb/duckdb_errors.h"
#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/duckdb/duckdb_session.h"

namespace walferry {
namespace {

class DuckDbWarehouse : public Warehouse {
 public:
    explicit DuckDbWarehouse(std::shared_ptr<DatabaseHandle> database) : database_(std::move(database)) {}

    WarehouseKind kind() const override { return WarehouseKind::DuckDb; }

    Result<std::unique_ptr<WarehouseSession>> connect() override {
        WALFERRY_TRY(session, DuckDbSession::connect(database_));
        return std::unique_ptr<WarehouseSession>(std::move(session));
    }

 private:
    std::shared_ptr<DatabaseHandle> database_;  // shared with the sessions: the last one closes the file
};

struct Setting {
    const char* name;
    std::string value;
};

Result<ConfigHandle> configure(const DuckDbWarehouseOptions& options) {
    ConfigHandle config;
    if (duckdb_create_config(config.out()) == DuckDBError) {
        return Error{ErrorKind::Resource, "DuckDB could not allocate its configuration", {}, {}};
    }
    const Setting settings[] = {
        {"access_mode", options.read_only ? "READ_ONLY" : "READ_WRITE"},
        {"memory_limit", options.memory_limit},
        {"threads", std::to_string(options.threads)},
        {"temp_directory", options.path == ":memory:" ? "" : options.path + ".tmp"},
        // Rows have no order that anybody relies on; keeping one costs memory in large statements.
        {"preserve_insertion_order", "false"},
        // A checkpoint in the middle of work costs seconds: one is made when there is nothing else to do.
        {"checkpoint_threshold", "1GB"},
        {"allocator_background_threads", "true"},
        {"allocator_flush_threshold", "16MB"},
        {"allocator_bulk_deallocation_flush_threshold", "64MB"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
    };
    for (const Setting& setting : settings) {
        if (duckdb_set_config(config.get(), setting.name, setting.value.c_str()) == DuckDBError) {
            return Error{ErrorKind::Configuration,
                         std::string("DuckDB does not take ") + setting.name + " = " + setting.value,
                         {},
                         {}};
        }
    }
    return config;
}

}  // namespace

Result<std::unique_ptr<Warehouse>> open_duckdb_warehouse(const DuckDbWarehouseOptions& options) {
    WALFERRY_TRY(config, configure(options));
    auto database = std::make_shared<DatabaseHandle>();
    char* message = nullptr;
    if (duckdb_open_ext(options.path.c_str(), database->out(), config.get(), &message) == DuckDBError) {
        Error error = duckdb_error(DUCKDB_ERROR_INVALID, message);
        duckdb_free(message);
        return error;
    }
    WALFERRY_TRY(session, DuckDbSession::connect(database));
    // TimeZone belongs to the ICU extension, which is not there yet when the file is opened. Locking comes
    // last.
    std::string setup = "SET GLOBAL TimeZone = 'UTC';";
    if (options.read_only) setup += "SET enable_external_access = false; SET lock_configuration = true;";
    WALFERRY_TRYV(session->execute(setup));
    return std::unique_ptr<Warehouse>(std::make_unique<DuckDbWarehouse>(std::move(database)));
}

}  // namespace walferry
