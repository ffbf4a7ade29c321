#include "service/dead_letter_routes.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "apply/load_row.h"
#include "service/dead_letter_view.h"
#include "service/http_answer.h"
#include "service/request_ids.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

void answer(httplib::Response& response, const Json& json) {
    response.set_content(json.dump(-1, ' ', false, Json::error_handler_t::replace), json_type);
}

void answer_list(const DeadLetterDesk& desk, const httplib::Request& request, httplib::Response& response) {
    const auto query =
        parse_filter_query(QueryParameters(request.params.begin(), request.params.end()), pg_time_now());
    if (!query) return refuse(response, query.error());
    const auto& after = query.value().after;
    const auto letters = desk.list(query.value().filter, after ? &*after : nullptr);
    if (!letters) return refuse(response, letters.error());
    Json json;
    json["letters"] = Json::array();
    for (const DeadLetter& letter : letters.value())
        json["letters"].push_back(letter_json(letter, desk.pipeline()));
    json["next"] = letters.value().empty() ? Json() : Json(to_string(cursor_of(letters.value().back())));
    answer(response, json);
}

void answer_discard(const DeadLetterDesk& desk, const std::vector<std::int64_t>& ids,
                    httplib::Response& response) {
    const auto discarded = desk.discard(ids);
    if (!discarded) return refuse(response, discarded.error());
    answer(response, Json{{"discarded", discarded.value()}});
}

void answer_replay(const DeadLetterDesk& desk, const std::vector<std::int64_t>& ids,
                   httplib::Response& response) {
    const auto report = desk.replay(ids);
    if (!report) return refuse(response, report.error());
    const auto& failure = report.value().failure;
    if (failure && report.value().results.empty()) return refuse(response, *failure);
    Json json;
    json["results"] = results_json(report.value().results);
    json["failure"] = failure ? Json(describe(*failure)) : Json();
    answer(response, json);
}

using Answer = void (*)(const DeadLetterDesk&, const std::vector<std::int64_t>&, httplib::Response&);

httplib::Server::Handler with_ids(std::function<DeadLetterDesk()> desk, Answer answer_with) {
    return
        [desk = std::move(desk), answer_with](const httplib::Request& request, httplib::Response& response) {
            const auto ids = request_ids(request.body);
            if (!ids) return refuse(response, bad_request, no_ids);
            answer_with(desk(), *ids, response);
        };
}

}  // namespace

void add_dead_letter_routes(httplib::Server& server, std::function<DeadLetterDesk()> desk) {
    server.Get("/api/v1/dlq", [desk](const httplib::Request& request, httplib::Response& response) {
        answer_list(desk(), request, response);
    });
    server.Post("/api/v1/dlq/discard", with_ids(desk, answer_discard));
    server.Post("/api/v1/dlq/replay", with_ids(desk, answer_replay));
}

}  // namespace walferry
