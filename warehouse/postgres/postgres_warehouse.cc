#include "warehouse/postgres/postgres_warehouse.h"

#include "warehouse/postgres/postgres_connection.h"
#include "warehouse/postgres/postgres_session.h"

namespace walferry {
namespace {

class PostgresWarehouse : public Warehouse {
 public:
    explicit PostgresWarehouse(PostgresWarehouseOptions options) : options_(std::move(options)) {}

    WarehouseKind kind() const override { return WarehouseKind::Postgres; }

    Result<std::unique_ptr<WarehouseSession>> connect() override {
        WALFERRY_TRY(connection, PostgresConnection::open(options_));
        return std::unique_ptr<WarehouseSession>(
            std::make_unique<PostgresSession>(std::move(connection), options_.read_only));
    }

 private:
    const PostgresWarehouseOptions options_;
};

}  // namespace

std::unique_ptr<Warehouse> make_postgres_warehouse(PostgresWarehouseOptions options) {
    return std::make_unique<PostgresWarehouse>(std::move(options));
}

}  // namespace walferry
