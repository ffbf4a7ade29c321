#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <thread>

#include "pipeline/alerts/alert_notifier.h"
#include "pipeline/pipeline.h"
#include "pipeline/publish/publish_pipeline.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/config_reload.h"
#include "service/http_server.h"
#include "service/logging.h"
#include "service/progress_report.h"
#include "service/publish_status.h"
#include "service/read_only_sql.h"
#include "service/signals.h"
#include "service/systemd_notifier.h"

namespace walferry {
namespace {

constexpr std::chrono::seconds http_query_time_max{30};
constexpr std::uint64_t http_query_rows_max = 100'000;

Result<QueryResult> answer_query(Pipeline& pipeline, const std::string& query, std::stop_token stop) {
    if (const auto problem = query_problem(query)) return Error{ErrorKind::Data, *problem, "", ""};
    const SqlLimits limits{http_query_time_max, http_query_rows_max};
    if (pipeline.config().warehouse.duckdb) {
        WALFERRY_TRY(session, pipeline.query_session());
        WALFERRY_TRYV(close_off(*session, WarehouseKind::DuckDb));
        return run_read_only(*session, WarehouseKind::DuckDb, query, limits, std::move(stop));
    }
    const auto warehouse = open_query_warehouse(pipeline.config());
    WALFERRY_TRY(session, warehouse->connect());
    WALFERRY_TRYV(close_off(*session, warehouse->kind()));
    return run_read_only(*session, warehouse->kind(), query, limits, std::move(stop));
}

/// What one `run` does: the warehouse's pipeline, publishing, or both.
struct Running {
    Pipeline pipeline;
    std::optional<publish::PublishPipeline> publisher;

    StatusReport status() const {
        StatusReport report = pipeline.status();
        if (!publisher) return report;
        return with_publishing(std::move(report), pipeline.config(), publisher->report());
    }
    std::string metrics() const {
        std::string text = pipeline.metrics_text();
        if (publisher) text += publish_metrics(pipeline.config().pipeline, publisher->report());
        return text;
    }

    /// Whichever needs a person first ends both.
    Status run(std::stop_token stop, bool until_caught_up) {
        if (!publisher) return pipeline.run(std::move(stop), {until_caught_up});
        if (!has_warehouse(pipeline.config())) return publisher->run(std::move(stop), {until_caught_up});
        std::stop_source both;
        const std::stop_callback forward(stop, [&both] { both.request_stop(); });
        Status published = success();
        std::jthread publishing([&] {
            published = publisher->run(both.get_token(), {until_caught_up});
            if (!published) both.request_stop();
        });
        Status applied = pipeline.run(both.get_token(), {until_caught_up});
        if (!applied) both.request_stop();
        publishing.join();
        if (!applied) return applied;
        return published ? published : Status{published.error().in("publish")};
    }
};

HttpServer::Content http_content(Running& running) {
    Pipeline& pipeline = running.pipeline;
    return {[&running] { return running.status(); },
            [&running] { return running.metrics(); },
            [&pipeline](const std::string& query, std::stop_token stop) {
                return answer_query(pipeline, query, std::move(stop));
            },
            [&pipeline] { return pipeline.dead_letters(); },
            [&pipeline] { return pipeline.resyncs(); },
            &pipeline.verify(),
            [&pipeline] { return pipeline.live_counts(); }};
}

}  // namespace

ExitCode run_pipeline(const RunCommand& command, const LogFlags& log) {
    auto text = read_config_text(command.config);
    auto config =
        refuse_unfinished(text ? parse_config(text.value(), command.config) : load_config(command.config));
    if (!config) return fail_with(config.error(), command.config);
    const LogConfig& configured = config.value().log;
    set_up_logging({log.level.empty() ? configured.level : log.level,
                    log.format.empty() ? configured.format : log.format, config.value().pipeline});
    std::stop_source stop;
    ReloadRequests reloads;
    const StopSignals signals(stop, [&reloads] { reloads.ask(); });
    std::optional<publish::PublishOptions> publish_options;
    if (config.value().publish) {
        auto options = publish::publish_options(config.value());
        if (!options) return fail_with(options.error(), command.config);
        publish_options = std::move(options).value();
    }
    Running running{Pipeline(std::move(config.value())), std::nullopt};
    if (publish_options) running.publisher.emplace(std::move(*publish_options));
    Pipeline& pipeline = running.pipeline;
    spdlog::info("walferry " WALFERRY_VERSION ", pipeline {}", pipeline.config().pipeline);

    Status end = success();
    {
        const HttpServer http(pipeline.config().http, http_content(running));
        const ProgressReporter progress([&running] { return running.status(); });
        SystemdNotifier notifier([&running] { return running.status(); });
        AlertNotifier alerts(pipeline.config().alerts, [&running] { return running.status(); });
        const ConfigReload reload({command.config, std::move(text.value()), log.level.empty(), pipeline,
                                   notifier, reloads,
                                   [&alerts](const Config& taken) { alerts.use(taken.alerts); }});
        const std::stop_callback stopping(stop.get_token(), [&notifier] { notifier.stopping(); });
        end = running.run(stop.get_token(), command.until_caught_up);
        alerts.end();
    }
    if (end) return ExitCode::Done;
    spdlog::error("{}", operator_text(end.error(), command.config));
    return end.error().kind == ErrorKind::Configuration ? ExitCode::Usage : ExitCode::Person;
}

}  // namespace walferry
