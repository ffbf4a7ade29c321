#include "pipeline/resync/table_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "model/edit_distance.h"

namespace walferry {

namespace {

constexpr std::size_t characters_compared = 128;
constexpr std::size_t names_shown = 3;

/// The nearest first, none that is far off.
std::vector<std::string> nearest_names(std::string_view name, const std::vector<SchemaTable>& tables) {
    const std::string_view start = name.substr(0, characters_compared);
    const std::size_t distance_max = std::max<std::size_t>(2, start.size() / 3);
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const SchemaTable& table : tables) {
        const std::string qualified = table.qualified_name();
        const std::size_t distance =
            std::min(edit_distance(start, qualified), edit_distance(start, table.table));
        if (distance <= distance_max) near.emplace_back(distance, qualified);
    }
    std::sort(near.begin(), near.end());
    std::vector<std::string> names;
    for (auto& [distance, qualified] : near) {
        if (names.size() < names_shown) names.push_back(std::move(qualified));
    }
    return names;
}

Error unknown_table(std::string_view name, const std::vector<SchemaTable>& tables) {
    const std::vector<std::string> near = nearest_names(name, tables);
    std::string message = fmt::format("the pipeline has no table {}", name);
    if (!near.empty()) message += fmt::format("; near to it: {}", fmt::join(near, ", "));
    return {ErrorKind::Data, message, "`walferry status` names the tables that there are", ""};
}

}  // namespace

Result<std::size_t> find_table(std::string_view name, const std::vector<SchemaTable>& tables) {
    std::vector<std::size_t> of_that_name;
    for (std::size_t at = 0; at < tables.size(); ++at) {
        if (tables[at].qualified_name() == name) return at;
        if (tables[at].table == name) of_that_name.push_back(at);
    }
    if (of_that_name.size() == 1) return of_that_name.front();
    if (of_that_name.empty()) return unknown_table(name, tables);
    std::vector<std::string> names;
    for (const std::size_t at : of_that_name) names.push_back(tables[at].qualified_name());
    return Error{ErrorKind::Data,
                 fmt::format("{} can be any of {}: name its schema, too", name, fmt::join(names, ", ")), "",
                 ""};
}

}  // namespace walferry
