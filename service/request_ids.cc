#include "service/request_ids.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace walferry {

std::optional<std::vector<std::int64_t>> request_ids(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object() || !json.contains("ids") || !json["ids"].is_array()) return std::nullopt;
    std::vector<std::int64_t> ids;
    for (const auto& id : json["ids"]) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        if (!id.is_number_integer() || (id.is_number_unsigned() && id.get<std::uint64_t>() > most))
            return std::nullopt;
        ids.push_back(id.get<std::int64_t>());
    }
    return ids;
}

std::optional<std::vector<std::int64_t>> parse_ids(const std::string& list) {
    std::vector<std::int64_t> ids;
    const char* const end = list.data() + list.size();
    for (const char* at = list.data();; ++at) {
        const auto [after, problem] = std::from_chars(at, end, ids.emplace_back());
        if (problem != std::errc()) return std::nullopt;
        if (after == end) return ids;
        if (*after != ',') return std::nullopt;
        at = after;
    }
}

}  // namespace walferry
