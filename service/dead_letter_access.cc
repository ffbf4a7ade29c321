#include "service/dead_letter_access.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/dead_letter_desk.h"
#include "service/dead_letter_view.h"
#include "service/lone_warehouse.h"
#include "service/service_answer.h"
#include "service/service_client.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::int64_t>;

constexpr std::size_t ids_a_list = 300;  ///< so that the URL stays short
constexpr std::size_t ids_a_discard = 10'000;
constexpr std::size_t ids_a_replay = 100;

DeadLetterDesk desk_of(const Config& config, const LoneWarehouse& lone) {
    return DeadLetterDesk({config, lone.reader(), lone.writer(), {}});
}

Result<LoneWarehouse> open_to_write(const Config& config) {
    WALFERRY_TRYV(refuse_beside_another(config, "dlq"));
    return LoneWarehouse::open(config, false);
}

Result<Json> answer_of(const std::optional<ServiceClient::Answer>& answer) {
    return read_answer(answer, "dead letters");
}

Status list_remotely(const ServiceClient& service, const DeadLetterFilter& filter,
                     const std::function<void(Json)>& take) {
    std::string after;
    for (;;) {
        WALFERRY_TRY(page, answer_of(service.get("/api/v1/dlq?" + filter_query(filter, after))));
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
    WALFERRY_TRY(lone, LoneWarehouse::open(config_, true));
    return list_locally(desk_of(config_, lone), filter, take);
}

Result<Ids> DeadLetterAccess::discard(const Ids& ids) const {
    Ids discarded;
    const ServiceClient service(config_);
    if (!service.status()) {
        WALFERRY_TRY(lone, open_to_write(config_));
        return desk_of(config_, lone).discard(ids);
    }
    WALFERRY_TRYV(in_portions(ids, ids_a_discard, [&](const Ids& some) -> Status {
        WALFERRY_TRY(body, answer_of(service.post("/api/v1/dlq/discard", Json{{"ids", some}}.dump())));
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
            WALFERRY_TRY(body, answer_of(service.post("/api/v1/dlq/replay", Json{{"ids", some}}.dump())));
            if (body["results"].is_array()) take(body["results"]);
            if (!body["failure"].is_string()) return success();
            return Error{ErrorKind::Connection, body["failure"].get<std::string>(), "", ""};
        });
    }
    WALFERRY_TRY(lone, open_to_write(config_));
    const DeadLetterDesk desk = desk_of(config_, lone);
    return in_portions(ids, ids_a_replay, [&](const Ids& some) -> Status {
        WALFERRY_TRY(report, desk.replay(some));
        take(results_json(report.results));
        return report.failure ? Status{*report.failure} : Status{success()};
    });
}

}  // namespace walferry
