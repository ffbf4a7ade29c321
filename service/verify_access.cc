#include "service/verify_access.h"

#include <fmt/format.h>

#include "pipeline/verify/row_condition.h"
#include "service/http_answer.h"
#include "service/lone_warehouse.h"
#include "service/service_client.h"
#include "service/verify_json.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using Take = std::function<void(const Json&)>;

Result<Json> verify_remotely(const ServiceClient& service, const VerifyOptions& options, const Take& take) {
    Json last;
    const auto status =
        service.post_for_lines("/api/v1/verify", verify_options_json(options), [&](const std::string& line) {
            Json json = Json::parse(line, nullptr, false);
            if (!json.is_object()) return true;
            const bool ends = json.contains("results") || json.contains("error");
            if (ends) {
                last = std::move(json);
            } else {
                take(json);
            }
            return true;
        });
    if (status == not_found) {
        return Error{ErrorKind::Refused, "the running walferry does not compare",
                     "restart it in this version", ""};
    }
    if (last.is_object() && last.contains("results")) return Json(last["results"]);
    if (last.is_object() && last["error"].is_object()) return error_of_json(last["error"]);
    if (last.is_object() && last["error"].is_string()) {
        const ErrorKind kind = status == bad_request ? ErrorKind::Configuration : ErrorKind::Refused;
        return Error{kind, last["error"].get<std::string>(), "", ""};
    }
    if (status && *status != http_ok)
        return Error{ErrorKind::Refused, fmt::format("the service answered {}", *status), "", ""};
    return Error{ErrorKind::Connection, "the service does not answer any more", "", ""};
}

VerifyListener listener_of(const Take& take) {
    return {[&take](const Difference& difference) -> Status {
                take(Json{{"difference", difference_json(difference)}});
                return success();
            },
            [&take](const std::string& note) {
                take(Json{{"note", note}});
            },
            [&take](const std::string& table, std::uint64_t rows, std::int64_t estimated) {
                take(progress_json(table, rows, estimated));
            }};
}

Result<Json> verify_locally(const Config& config, const VerifyOptions& options, const Take& take) {
    if (options.repair) {
        WALFERRY_TRYV(refuse_beside_another(config, "verify"));
    }
    WALFERRY_TRY(lone, LoneWarehouse::open(config, !options.repair));
    Verifier::Parts parts{config, lone.reader(), {}, lone.writer()};
    Verifier verifier(std::move(parts), options, listener_of(take), {});
    WALFERRY_TRY(results, verifier.run());
    Json all = Json::array();
    for (const TableVerification& result : results) all.push_back(result_json(result));
    return all;
}

}  // namespace

Result<Json> VerifyAccess::verify(const VerifyOptions& options, const Take& take) const {
    if (!options.where.empty()) {
        const auto condition = parse_condition(options.where);
        if (!condition) return condition.error().in("where");
    }
    const ServiceClient service(config_);
    if (service.status()) return verify_remotely(service, options, take);
    return verify_locally(config_, options, take);
}

}  // namespace walferry
