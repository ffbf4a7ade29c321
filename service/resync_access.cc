#include "service/resync_access.h"

#include <algorithm>

#include "checkpoint/control_schema.h"
#include "service/lone_warehouse.h"
#include "service/resync_routes.h"
#include "service/resync_view.h"
#include "service/service_answer.h"
#include "service/service_client.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t ids_a_list = 300;  ///< so that the URL stays short

Result<Json> resyncs_of(const std::optional<ServiceClient::Answer>& answer) {
    WALFERRY_TRY(body, read_answer(answer, "resyncs"));
    const auto resyncs = body.find("resyncs");
    if (resyncs == body.end() || !resyncs->is_array())
        return Error{ErrorKind::Internal, "the service's answer has no resyncs", "", ""};
    return Json(std::move(*resyncs));
}

std::string query_of(const ResyncDesk::Filter& filter) {
    std::string query = filter.open_only ? "?open=1" : "";
    for (std::size_t i = 0; i < std::min(filter.ids.size(), ids_a_list); ++i) {
        query += i > 0 ? "," : query.empty() ? "?ids=" : "&ids=";
        query += std::to_string(filter.ids[i]);
    }
    return query;
}

ResyncDesk desk_of(const Config& config, const LoneWarehouse& lone) {
    return ResyncDesk({config, lone.reader(), lone.writer()});
}

Result<Json> json_of(const Result<std::vector<ResyncReport>>& reports) {
    if (!reports) return reports.error();
    return resyncs_json(reports.value());
}

/// With the control tables that an older build did not make.
Result<LoneWarehouse> open_to_write(const Config& config) {
    WALFERRY_TRY(lone, LoneWarehouse::open(config, false));
    WALFERRY_TRY(exists, has_control_schema(*lone.writing(), lone.control()));
    if (exists) {
        WALFERRY_TRYV(create_control_schema(*lone.writing(), lone.control()));
    }
    return std::move(lone);
}

}  // namespace

ResyncAccess::ResyncAccess(const Config& config) : config_(config), is_remote_(service_answers()) {}

bool ResyncAccess::service_answers() const {
    return ServiceClient(config_).status().has_value();
}

Status ResyncAccess::may_write() const {
    return refuse_beside_another(config_, "resync");
}

Result<Json> ResyncAccess::request(const ResyncDesk::Request& request) const {
    if (is_remote_)
        return resyncs_of(ServiceClient(config_).post("/api/v1/resync", resync_request_body(request)));
    WALFERRY_TRY(lone, open_to_write(config_));
    return json_of(desk_of(config_, lone).request(request));
}

Result<Json> ResyncAccess::list(const ResyncDesk::Filter& filter) const {
    if (is_remote_) return resyncs_of(ServiceClient(config_).get("/api/v1/resync" + query_of(filter)));
    WALFERRY_TRY(lone, LoneWarehouse::open(config_, true));
    return json_of(desk_of(config_, lone).list(filter));
}

Result<Json> ResyncAccess::cancel(const std::vector<std::int64_t>& ids) const {
    if (is_remote_) {
        return resyncs_of(ServiceClient(config_).post("/api/v1/resync/cancel", Json{{"ids", ids}}.dump()));
    }
    WALFERRY_TRY(lone, open_to_write(config_));
    return json_of(desk_of(config_, lone).cancel(ids));
}

}  // namespace walferry
