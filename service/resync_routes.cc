#include "service/resync_routes.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "service/http_answer.h"
#include "service/request_ids.h"
#include "service/resync_view.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t tables_max = 10'000;

void answer(httplib::Response& response, const Result<std::vector<ResyncReport>>& reports) {
    if (!reports) return refuse(response, reports.error());
    response.set_content(
        Json{{"resyncs", resyncs_json(reports.value())}}.dump(-1, ' ', false, Json::error_handler_t::replace),
        json_type);
}

Error unreadable(const std::string& what) {
    return {ErrorKind::Data,
            what +
                "; a request is {\"tables\": [\"schema.table\"]} or {\"all\": true}, with \"rate\": rows a "
                "second where there is a limit",
            "", ""};
}

Status read_tables(const nlohmann::json& tables, ResyncDesk::Request& request) {
    if (!tables.is_array() || tables.size() > tables_max) return unreadable("tables is no list of names");
    for (const auto& table : tables) {
        if (!table.is_string()) return unreadable("tables is no list of names");
        request.tables.push_back(table.get<std::string>());
    }
    return success();
}

Status read_member(const std::string& name, const nlohmann::json& value, ResyncDesk::Request& request) {
    if (name == "tables") return read_tables(value, request);
    if (name == "all") {
        if (!value.is_boolean()) return unreadable("all is neither true nor false");
        request.all = value.get<bool>();
        return success();
    }
    if (name != "rate") return unreadable("there is no " + name);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > resync_rate_max)
        return unreadable("rate is no number of rows");
    request.rate_max = value.get<std::uint64_t>();
    return success();
}

Result<ResyncDesk::Filter> filter_of(const httplib::Request& request) {
    ResyncDesk::Filter filter;
    for (const auto& [name, value] : request.params) {
        const auto ids = name == "ids" ? parse_ids(value) : std::nullopt;
        if (ids) filter.ids = *ids;
        if (name == "open" && value == "1") filter.open_only = true;
        if (ids || (name == "open" && value == "1")) continue;
        return Error{ErrorKind::Data, "the parameter " + name + "=" + value + " is none of ids=1,2 open=1",
                     "", ""};
    }
    return filter;
}

}  // namespace

std::string resync_request_body(const ResyncDesk::Request& request) {
    Json json;
    if (request.all) json["all"] = true;
    if (!request.all) json["tables"] = request.tables;
    if (request.rate_max != 0) json["rate"] = request.rate_max;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ResyncDesk::Request> parse_resync_request(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return unreadable("the body is no JSON object");
    ResyncDesk::Request request;
    for (const auto& [name, value] : json.items()) {
        WALFERRY_TRYV(read_member(name, value, request));
    }
    if (request.all == !request.tables.empty()) return unreadable("it names no tables, or these and all");
    return request;
}

void add_resync_routes(httplib::Server& server, std::function<ResyncDesk()> desk) {
    server.Get("/api/v1/resync", [desk](const httplib::Request& request, httplib::Response& response) {
        const auto filter = filter_of(request);
        if (!filter) return refuse(response, filter.error());
        answer(response, desk().list(filter.value()));
    });
    server.Post("/api/v1/resync", [desk](const httplib::Request& request, httplib::Response& response) {
        const auto asked = parse_resync_request(request.body);
        if (!asked) return refuse(response, asked.error());
        answer(response, desk().request(asked.value()));
    });
    server.Post("/api/v1/resync/cancel",
                [desk](const httplib::Request& request, httplib::Response& response) {
                    const auto ids = request_ids(request.body);
                    if (!ids) return refuse(response, bad_request, no_ids);
                    answer(response, desk().cancel(*ids));
                });
}

}  // namespace walferry
