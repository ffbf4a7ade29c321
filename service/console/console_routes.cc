#include "service/console/console_routes.h"

#include <httplib.h>

#include "service/console/console_assets.h"

namespace walferry {
namespace {

constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void add_console_routes(httplib::Server& server) {
    for (const ConsoleAsset& asset : console_assets()) {
        server.Get(std::string(asset.path), [&asset](const httplib::Request&, httplib::Response& response) {
            response.set_header("Content-Security-Policy", content_policy);
            response.set_header("Referrer-Policy", "no-referrer");
            response.set_content(asset.content.data(), asset.content.size(), std::string(asset.type));
        });
    }
}

}  // namespace walferry
