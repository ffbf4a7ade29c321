#include "service/dead_letter_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "capture/source_catalog.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/pipeline.h"
#include "pipeline/session_setup.h"
#include "service/dead_letter_view.h"
#include "service/http_answer.h"
#include "service/service_client.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::int64_t>;

constexpr int http_ok = 200;
constexpr int http_not_found = 404;
constexpr std::size_t ids_a_list = 300;  ///< so that the URL stays short
constexpr std::size_t ids_a_discard = 10'000;
constexpr std::size_t ids_a_replay = 100;

ErrorKind kind_of(int status) {
    if (status == unavailable) return ErrorKind::Connection;
    return status == forbidden ? ErrorKind::Permission : ErrorKind::Refused;
}

Result<Json> json_of(const std::optional<ServiceClient::Answer>& answer) {
    if (!answer) return Error{ErrorKind::Connection, "the service does not answer any more", "", ""};
    Json body = Json::parse(answer->body, nullptr, false);
    if (answer->status == http_ok && body.is_object()) return body;
    if (answer->status == http_not_found) {
        return Error{ErrorKind::Refused, "the running walferry does not know of dead letters",
                     "restart it in this version", ""};
    }
    const std::string said = body.is_object() ? body.value("error", "") : "";
    return Error{kind_of(answer->status),
                 said.empty() ? fmt::format("the service answered {}", answer->status) : said, "", ""};
}

/// The warehouse, when no service is asked.
class LocalLetters {
 public:
    static Result<LocalLetters> open(const Config& config, bool read_only) {
        std::error_code ignored;
        if (config.warehouse.duckdb && !std::filesystem::exists(config.warehouse.duckdb->path, ignored)) {
            return Error{ErrorKind::Connection,
                         fmt::format("{} does not exist yet", config.warehouse.duckdb->path),
                         "`walferry run CONFIG` makes it", ""};
        }
        LocalLetters local(config);
        WALFERRY_TRY(warehouse, open_warehouse(config, read_only));
        local.warehouse_ = std::move(warehouse);
        if (read_only) return local;
        WALFERRY_TRY(session, local.warehouse_->connect());
        local.writing_ = std::move(session);
        return local;
    }

    DeadLetterDesk desk() {
        DeadLetterDesk::Parts parts{config_, [this] { return warehouse_->connect(); }, {}, {}};
        if (writing_ != nullptr) {
            parts.writer =
                make_lone_writer(*writing_, control_schema(config_, warehouse_->kind(), writing_->catalog()));
        }
        return DeadLetterDesk(std::move(parts));
    }

 private:
    explicit LocalLetters(const Config& config) : config_(config) {}

    const Config& config_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSession> writing_;
};

/// A walferry that runs without answering here would write beside us. A source out of reach says nothing,
/// and then the epoch alone has to keep the two apart.
Status refuse_beside_another(const Config& config) {
    const auto catalog = connect_source_catalog(config.source.connection);
    if (!catalog) return success();
    const auto slot = catalog.value()->slot(config.source.slot);
    if (!slot || !slot.value() || !slot.value()->active) return success();
    return Error{
        ErrorKind::Refused,
        fmt::format("the slot {} is in use by process {} at the source: a walferry runs that does not "
                    "answer on {}",
                    config.source.slot, slot.value()->active_pid, config.http.listen),
        "let it answer there, or stop it, and then `walferry dlq` again", ""};
}

Result<LocalLetters> open_to_write(const Config& config) {
    WALFERRY_TRYV(refuse_beside_another(config));
    return LocalLetters::open(config, false);
}

Status list_remotely(const ServiceClient& service, const DeadLetterFilter& filter,
                     const std::function<void(Json)>& take) {
    std::string after;
    for (;;) {
        WALFERRY_TRY(page, json_of(service.get("/api/v1/dlq?" + filter_query(filter, after))));
        if (!page.contains("letters") || !page["letters"].is_array())
            return Error{ErrorKind::Internal, "the service's answer has no letters", "", ""};
        for (Json& letter : page["letters"]) take(std::move(letter));
        if (page["letters"].empty() || !page["next"].is_string()) return success();
        after = page["next"].get<std::string>();
    }
}

Status list_locally(const DeadLetterDesk& desk, const DeadLetterFilter& filter,
                    const std::function<void(Json)>& take) {
    std::optional<DeadLetterCursor> after;
    for (;;) {
        WALFERRY_TRY(letters, desk.list(filter, after ? &*after : nullptr));
        if (letters.empty()) return success();
        after = cursor_of(letters.back());
        for (const DeadLetter& letter : letters) take(letter_json(letter, desk.pipeline()));
    }
}

/// Calls `work` with some of the ids at a time, once at least.
Status in_portions(const Ids& ids, std::size_t portion, const std::function<Status(const Ids&)>& work) {
    std::size_t from = 0;
    do {
        const std::size_t to = std::min(from + portion, ids.size());
        WALFERRY_TRYV(work(Ids(ids.begin() + static_cast<std::ptrdiff_t>(from),
                               ids.begin() + static_cast<std::ptrdiff_t>(to))));
        from = to;
    } while (from < ids.size());
    return success();
}

}  // namespace

Status DeadLetterAccess::list(const DeadLetterFilter& filter, const std::function<void(Json)>& take) const {
    const ServiceClient service(config_);
    if (config_.warehouse.duckdb && service.status()) {
        return in_portions(filter.ids, ids_a_list, [&](const Ids& some) {
            DeadLetterFilter part = filter;
            part.ids = some;
            return list_remotely(service, part, take);
        });
    }
    WALFERRY_TRY(local, LocalLetters::open(config_, true));
    return list_locally(local.desk(), filter, take);
}

Result<Ids> DeadLetterAccess::discard(const Ids& ids) const {
    Ids discarded;
    const ServiceClient service(config_);
    if (!service.status()) {
        WALFERRY_TRY(local, open_to_write(config_));
        return local.desk().discard(ids);
    }
    WALFERRY_TRYV(in_portions(ids, ids_a_discard, [&](const Ids& some) -> Status {
        WALFERRY_TRY(body, json_of(service.post("/api/v1/dlq/discard", Json{{"ids", some}}.dump())));
        for (const Json& id : body["discarded"]) {
            if (id.is_number_integer()) discarded.push_back(id.get<std::int64_t>());
        }
        return success();
    }));
    return discarded;
}

Status DeadLetterAccess::replay(const Ids& ids, const std::function<void(const Json&)>& take) const {
    const ServiceClient service(config_);
    if (service.status()) {
        return in_portions(ids, ids_a_replay, [&](const Ids& some) -> Status {
            WALFERRY_TRY(body, json_of(service.post("/api/v1/dlq/replay", Json{{"ids", some}}.dump())));
            if (body["results"].is_array()) take(body["results"]);
            if (!body["failure"].is_string()) return success();
            return Error{ErrorKind::Connection, body["failure"].get<std::string>(), "", ""};
        });
    }
    WALFERRY_TRY(local, open_to_write(config_));
    const DeadLetterDesk desk = local.desk();
    return in_portions(ids, ids_a_replay, [&](const Ids& some) -> Status {
        WALFERRY_TRY(report, desk.replay(some));
        take(results_json(report.results));
        return report.failure ? Status{*report.failure} : Status{success()};
    });
}

}  // namespace walferry
