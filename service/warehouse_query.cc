#include "service/warehouse_query.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "service/http_answer.h"
#include "service/lone_warehouse.h"
#include "service/read_only_sql.h"
#include "service/result_json.h"
#include "service/service_client.h"

namespace walferry {
namespace {

QueryOutcome failed(Error error, ExitCode exit) {
    QueryOutcome outcome;
    outcome.failure = QueryOutcome::Failure{std::move(error), exit};
    return outcome;
}

QueryOutcome outcome_of(const ServiceClient::Answer& answer) {
    if (answer.status == http_ok) {
        if (auto result = parse_result_json(answer.body)) return {std::move(*result), std::nullopt};
    }
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    const std::string message = body.is_object() ? body.value("error", "") : "";
    return failed(
        {ErrorKind::Data, message.empty() ? fmt::format("the service answered {}", answer.status) : message,
         "", ""},
        answer.status == bad_request || answer.status == forbidden ? ExitCode::No : ExitCode::Unreachable);
}

/// What a failed query means: the answer is no, unless it never got an answer.
ExitCode exit_of_query(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Connection:
        case ErrorKind::Busy:
        case ErrorKind::Resource:
            return ExitCode::Unreachable;
        default:
            return ExitCode::No;
    }
}

QueryOutcome ask_warehouse(const Config& config, const std::string& query) {
    const auto lone = LoneWarehouse::open(config, true);
    if (!lone) return failed(lone.error(), one_shot_exit_code(lone.error()));
    auto session = lone.value().reader()();
    if (!session) return failed(session.error(), one_shot_exit_code(session.error()));
    const auto kind = config.warehouse.duckdb ? WarehouseKind::DuckDb : WarehouseKind::Postgres;
    auto result = run_read_only(*session.value(), kind, query, {}, {});
    if (!result) return failed(result.error(), exit_of_query(result.error()));
    return {std::move(result.value()), std::nullopt};
}

}  // namespace

QueryOutcome query_warehouse(const Config& config, const std::string& query) {
    if (const auto problem = query_problem(query))
        return failed({ErrorKind::Data, *problem, "", ""}, ExitCode::No);
    // A running service holds a DuckDB file for itself; a PostgreSQL warehouse is open to us as well.
    const ServiceClient service(config);
    if (config.warehouse.duckdb && service.status()) {
        if (const auto answer = service.sql(query)) return outcome_of(*answer);
    }
    return ask_warehouse(config, query);
}

}  // namespace walferry
