#include "service/api_description.h"

#include <nlohmann/json.hpp>

#include "service/openapi_text.h"

namespace walferry {

std::string_view api_description() {
    return openapi_text;
}

std::string allowed_methods(const std::string& path) {
    static const nlohmann::ordered_json paths = nlohmann::ordered_json::parse(openapi_text).at("paths");
    std::string methods;
    const auto found = paths.find(path);
    if (found == paths.end()) return methods;
    for (const auto& [name, operation] : found->items()) {
        methods += methods.empty() ? "" : ", ";
        for (const char letter : name) methods += static_cast<char>(letter - 'a' + 'A');
    }
    return methods;
}

}  // namespace walferry
