#pragma once

#include <string>
#include <string_view>

/// What service/openapi.json says of the routes under /api/v1; it is compiled in.
namespace walferry {

/// The description itself, OpenAPI 3.1 as JSON.
std::string_view api_description();

/// The methods that a path of the API has, as the header Allow wants them; empty for a path that it lacks.
std::string allowed_methods(const std::string& path);

}  // namespace walferry
