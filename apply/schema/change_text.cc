#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apply/schema/shape_change.h"

namespace walferry {

namespace {

std::string describe(const ColumnChange& change) {
    using Kind = ColumnChange::Kind;
    switch (change.kind) {
        case Kind::Added:
            return fmt::format("added {} ({})", change.name, change.type);
        case Kind::Dropped:
            return fmt::format("dropped {}", change.name);
        case Kind::Renamed:
            return fmt::format("renamed {} to {}", change.old_name, change.name);
        case Kind::Retyped:
            return fmt::format("changed {} from {} to {}", change.name, change.old_type, change.type);
        case Kind::Replaced:
            return fmt::format("replaced {} ({}) by another column of that name ({})", change.name,
                               change.old_type, change.type);
        case Kind::Arrived:
            return fmt::format("published {} ({})", change.name, change.type);
    }
    return change.name;
}

}  // namespace

std::string_view to_string(ColumnChange::Kind kind) {
    using Kind = ColumnChange::Kind;
    switch (kind) {
        case Kind::Added:
            return "added";
        case Kind::Dropped:
            return "dropped";
        case Kind::Renamed:
            return "renamed";
        case Kind::Retyped:
            return "retyped";
        case Kind::Replaced:
            return "replaced";
        case Kind::Arrived:
            return "published";
    }
    return "";
}

std::string change_json(const SourceTable& known, const ShapeChange& change) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const ColumnChange& column : change.columns) {
        nlohmann::ordered_json entry{{"change", to_string(column.kind)}, {"column", column.name}};
        if (!column.old_name.empty()) entry["old_name"] = column.old_name;
        if (!column.old_type.empty()) entry["old_type"] = column.old_type;
        if (!column.type.empty()) entry["type"] = column.type;
        json["columns"].push_back(std::move(entry));
    }
    if (change.table_renamed)
        json["table"] = {{"old_name", known.qualified_name()}, {"name", change.shape.qualified_name()}};
    if (change.identity_changed) json["identity"] = std::string(1, static_cast<char>(change.shape.identity));
    if (!change.doubts.empty()) json["doubts"] = change.doubts;
    if (!change.copy_reason.empty()) json["copied_anew"] = change.copy_reason;
    return json.dump();
}

std::string describe(const ShapeChange& change) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    for (const ColumnChange& column : change.columns) add(describe(column));
    if (change.table_renamed) add(fmt::format("renamed the table to {}", change.shape.qualified_name()));
    if (change.identity_changed) add("changed the key or the replica identity");
    return text;
}

}  // namespace walferry
