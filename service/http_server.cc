#include "service/http_server.h"

#include <httplib.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "service/access_rules.h"
#include "service/api_description.h"
#include "service/console/console_routes.h"
#include "service/console/event_routes.h"
#include "service/dead_letter_routes.h"
#include "service/guarded_server.h"
#include "service/http_answer.h"
#include "service/result_json.h"
#include "service/resync_routes.h"
#include "service/status_json.h"
#include "service/verify_routes.h"

namespace walferry {
namespace {

constexpr std::size_t request_bytes_max = 1u << 20;
constexpr std::chrono::seconds bind_interval{1};
constexpr const char* text_type = "text/plain; charset=utf-8";

/// Without SO_REUSEPORT, by which two processes would share the port and split the requests.
void set_socket_options(int socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

bool is_api(const httplib::Request& request) {
    return request.path == "/api" || request.path.starts_with("/api/");
}

/// Whether the method is one of the path's; where there is no such path, that is for others to say.
bool admit_method(const httplib::Request& request, httplib::Response& response) {
    const std::string allowed = allowed_methods(request.path);
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    if (allowed.empty() || allowed.find(method) != std::string::npos) return true;
    response.set_header("Allow", allowed);
    refuse(response, method_not_allowed, "this route has " + allowed + " only");
    return false;
}

/// Whether the body is one that is read: its size is known, and within bounds, also once it is unpacked.
bool admit_body(const httplib::Request& request, httplib::Response& response) {
    const bool has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH" ||
                          request.method == "PRI";
    if (request.has_header("Transfer-Encoding") || (has_body && !request.has_header("Content-Length"))) {
        refuse(response, length_required, "a body needs a Content-Length");
    } else if (std::strtoull(request.get_header_value("Content-Length").c_str(), nullptr, 10) >
               request_bytes_max) {
        refuse(response, too_large, "a body may have 1 MiB at most");
    } else if (request.has_header("Content-Encoding")) {
        refuse(response, unsupported, "a body can't be compressed");
    } else {
        return true;
    }
    return false;
}

/// Whether it is a request that no page of somebody else's can send.
bool admit_change(const httplib::Request& request, httplib::Response& response) {
    if (!origin_is_host(request.get_header_value("Origin"), request.get_header_value("Host"))) {
        refuse(response, forbidden, "only the console may ask for this from a page");
        return false;
    }
    if (!is_json(request.get_header_value("Content-Type"))) {
        refuse(response, unsupported, "Content-Type: application/json is needed");
        return false;
    }
    return true;
}

/// What the library refuses by itself has no body.
void explain(const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty() || response.content_length_ != 0) return;
    const char* const what = response.status == not_found ? "there is no such route, see /api/v1/openapi.json"
                             : response.status == too_large ? "the request is too large"
                                                            : "the request can't be read";
    if (is_api(request) || request.path.empty()) return refuse(response, response.status, what);
    response.set_content(std::string(what) + "\n", text_type);
}

}  // namespace

HttpServer::HttpServer(const HttpConfig& config, Content content)
    : config_(config),
      listen_(parse_listen_address(config.listen).value_or(ListenAddress{"127.0.0.1", 0, true})),
      content_(std::move(content)),
      thread_([this](std::stop_token stop) { serve(std::move(stop)); }) {}

HttpServer::~HttpServer() {
    thread_.request_stop();
    while (!ended_) {
        {
            const std::lock_guard lock(mutex_);
            // Once only: a second call, while it drains, would be a fault to the library.
            if (server_ != nullptr && server_->is_running()) {
                server_->stop();
                break;
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    thread_.join();
}

void HttpServer::serve(std::stop_token stop) {
    while (!stop.stop_requested()) {
        auto server = make_server();
        if (bind(*server)) {
            httplib::Server& listening = *server;
            {
                const std::lock_guard lock(mutex_);
                server_ = std::move(server);
            }
            listening.listen_after_bind();
            port_ = 0;
        }
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, bind_interval, [] { return false; });
        if (!stop.stop_requested()) server_.reset();
    }
    ended_ = true;
}

bool HttpServer::bind(GuardedServer& server) {
    int port = listen_.port;
    bool bound = false;
    if (port == 0) {
        port = server.bind_to_any_port(listen_.host);
        bound = port > 0;
    } else {
        bound = server.bind_to_port(listen_.host, port);
    }
    if (bound) {
        server.widen_backlog();
        port_ = port;
        spdlog::info("HTTP on {}:{}", listen_.host, port);
        return true;
    }
    if (!std::exchange(warned_, true)) {
        spdlog::warn("HTTP: {} can't be listened on (in use?); trying again every second", config_.listen);
    }
    return false;
}

std::unique_ptr<GuardedServer> HttpServer::make_server() {
    auto server = std::make_unique<GuardedServer>();
    server->set_socket_options(set_socket_options);
    server->set_payload_max_length(request_bytes_max);
    server->set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                 {"Cache-Control", "no-store"},
                                 {"Cross-Origin-Resource-Policy", "same-origin"}});
    server->set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
            refuse(response, 500, "this went wrong inside of walferry");
        });
    server->set_error_handler(explain);
    server->set_pre_routing_handler(
        [this, &listening = *server](const httplib::Request& request, httplib::Response& response) {
            return admit(request, response, listening) ? httplib::Server::HandlerResponse::Unhandled
                                                       : httplib::Server::HandlerResponse::Handled;
        });
    add_console_routes(*server);
    server->Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("alive\n", text_type);
    });
    server->Get("/readyz",
                [this](const httplib::Request&, httplib::Response& response) { answer_ready(response); });
    server->Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
        response.set_content(content_.metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
    server->Get("/api/v1/status", [this](const httplib::Request&, httplib::Response& response) {
        response.set_content(
            status_json(content_.status()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            json_type);
    });
    server->Get("/api/v1/openapi.json", [](const httplib::Request&, httplib::Response& response) {
        response.set_content(std::string(api_description()), json_type);
    });
    server->Post("/api/v1/sql", [this](const httplib::Request& request, httplib::Response& response) {
        answer_sql(request, response);
    });
    add_event_routes(
        *server,
        [this] {
            return live_json(content_.status(), content_.live_counts ? content_.live_counts() : LiveCounts());
        },
        thread_.get_stop_token());
    if (content_.dead_letters) add_dead_letter_routes(*server, content_.dead_letters);
    if (content_.resyncs) add_resync_routes(*server, content_.resyncs);
    if (content_.verify != nullptr) add_verify_routes(*server, *content_.verify, thread_.get_stop_token());
    return server;
}

bool HttpServer::admit(const httplib::Request& request, httplib::Response& response,
                       GuardedServer& server) const {
    if (!admit_access(request, response)) return false;
    if (is_api(request) && !admit_method(request, response)) return false;
    if (!admit_body(request, response)) return false;
    if (request.method == "POST" && !admit_change(request, response)) return false;
    if (!is_api(request) || request.method != "POST" || server.begin_long_work()) return true;
    response.set_header("Retry-After", "1");
    refuse(response, unavailable, "too many such requests at once; try again");
    return false;
}

bool HttpServer::admit_access(const httplib::Request& request, httplib::Response& response) const {
    if (!host_is_ours(request.get_header_value("Host"), listen_)) {
        refuse(response, forbidden, "this Host is not served here");
        return false;
    }
    if (!origin_is_ours(request.get_header_value("Origin"), listen_)) {
        refuse(response, forbidden, "pages of this Origin may not ask here");
        return false;
    }
    if (!is_api(request) || token_is_right(request.get_header_value("Authorization"), config_.token))
        return true;
    response.set_header("WWW-Authenticate", "Bearer");
    refuse(response, unauthorized, "Authorization: Bearer TOKEN is needed, with the token of http.token");
    return false;
}

void HttpServer::answer_ready(httplib::Response& response) const {
    const auto reason = not_ready_reason(content_.status(), config_.ready_lag_max);
    response.status = reason ? unavailable : 200;
    response.set_content(reason.value_or("ready") + "\n", text_type);
}

void HttpServer::answer_sql(const httplib::Request& request, httplib::Response& response) const {
    const auto body = nlohmann::json::parse(request.body, nullptr, false);
    if (!body.is_object() || !body.contains("query") || !body["query"].is_string()) {
        return refuse(response, bad_request, "the body is no {\"query\": \"SELECT …\"}");
    }
    const auto result = content_.sql(body["query"].get<std::string>(), thread_.get_stop_token());
    if (!result) return refuse(response, result.error());
    response.set_content(result_json(result.value()), json_type);
}

}  // namespace walferry
