#include "pipeline/lineage/lineage_event.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "config/connection.h"
#include "model/name_uuid.h"
#include "model/utc_text.h"

namespace walferry {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* producer = "https://github.com/walferry/walferry/tree/" WALFERRY_VERSION;
constexpr const char* event_schema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

struct Facet {
    const char* file;
    const char* type;
};
constexpr Facet job_type{"2-0-4/JobTypeJobFacet", "JobTypeJobFacet"};
constexpr Facet processing_engine{"1-1-1/ProcessingEngineRunFacet", "ProcessingEngineRunFacet"};
constexpr Facet schema{"1-2-0/SchemaDatasetFacet", "SchemaDatasetFacet"};
constexpr Facet lifecycle{"1-0-1/LifecycleStateChangeDatasetFacet", "LifecycleStateChangeDatasetFacet"};
constexpr Facet output_statistics{"1-0-2/OutputStatisticsOutputDatasetFacet",
                                  "OutputStatisticsOutputDatasetFacet"};

Json facet(const Facet& which, const Json& content) {
    Json json{{"_producer", producer},
              {"_schemaURL",
               fmt::format("https://openlineage.io/spec/facets/{}.json#/$defs/{}", which.file, which.type)}};
    json.update(content);
    return json;
}

struct PostgresEnd {
    std::string name_space, prefix;
};

PostgresEnd postgres_end(const std::string& connection) {
    std::map<std::string, std::string> settings;
    for (auto& [keyword, value] : connection_settings(connection)) settings[keyword] = value;
    const auto first = [&](const char* keyword, std::string otherwise) {
        const std::string& value = settings[keyword];
        return value.empty() ? otherwise : value.substr(0, value.find(','));
    };
    std::string host = first("host", first("hostaddr", "localhost"));
    if (host.starts_with('/')) host = "localhost";
    return {fmt::format("postgres://{}:{}", host, first("port", "5432")),
            first("dbname", first("user", "postgres")) + "."};
}

struct Kind {
    const char* job;
    const char* lifecycle;
};

const std::map<std::string, Kind> kinds{{"copied", {"copy", "CREATE"}},
                                        {"resynced", {"resync", "OVERWRITE"}},
                                        {"schema_changed", {"schema", "ALTER"}}};

Json schema_fields(const std::vector<ExistingColumn>& columns) {
    Json fields = Json::array();
    for (const ExistingColumn& column : columns)
        fields.push_back({{"name", column.name}, {"type", column.sql_type}});
    return fields;
}

}  // namespace

LineageEnds lineage_ends(const Config& config) {
    const PostgresEnd source = postgres_end(config.source.connection);
    if (config.warehouse.duckdb) {
        std::error_code ignored;
        const std::filesystem::path file = config.warehouse.duckdb->path;
        return {source.name_space, source.prefix,
                "duckdb://" + std::filesystem::absolute(file, ignored).string(), file.stem().string() + "."};
    }
    const PostgresEnd target = postgres_end(config.warehouse.postgres->connection);
    return {source.name_space, source.prefix, target.name_space, target.prefix};
}

bool has_lineage(const OutboxRow& row) {
    return kinds.contains(row.kind);
}

std::string lineage_event(const OutboxRow& row, const LineageConfig& lineage, const LineageEnds& ends,
                          const std::optional<std::vector<ExistingColumn>>& columns) {
    const Kind& kind = kinds.at(row.kind);
    Json event;
    event["eventTime"] = utc_text(row.created_at);
    event["producer"] = producer;
    event["schemaURL"] = event_schema;
    event["eventType"] = "COMPLETE";
    event["run"] = {
        {"runId", sha1_name_uuid(fmt::format("walferry\n{}\n{}\n{}", row.pipeline, row.id, row.created_at))},
        {"facets",
         {{"processing_engine",
           facet(processing_engine, {{"name", "walferry"}, {"version", WALFERRY_VERSION}})}}}};
    event["job"] = {{"namespace", lineage.job_namespace},
                    {"name", fmt::format("{}.{}.{}", row.pipeline, kind.job, row.target_table)},
                    {"facets",
                     {{"jobType", facet(job_type, {{"processingType", "BATCH"},
                                                   {"integration", "WALFERRY"},
                                                   {"jobType", "JOB"}})}}}};
    event["inputs"] = Json::array(
        {{{"namespace", ends.source_namespace}, {"name", ends.source_prefix + row.source_table}}});
    Json output{{"namespace", ends.target_namespace}, {"name", ends.target_prefix + row.target_table}};
    output["facets"]["lifecycleStateChange"] = facet(lifecycle, {{"lifecycleStateChange", kind.lifecycle}});
    if (columns) output["facets"]["schema"] = facet(schema, {{"fields", schema_fields(*columns)}});
    const Json payload = Json::parse(row.payload, nullptr, false);
    if (payload.is_object() && payload.contains("rows"))
        output["outputFacets"]["outputStatistics"] =
            facet(output_statistics, {{"rowCount", payload["rows"]}});
    event["outputs"] = Json::array({std::move(output)});
    return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace walferry
