#pragma once

#include <optional>
#include <string>

#include "publish/published_table.h"

namespace walferry::publish {

/// The PostgreSQL text of the default that Debezium puts into a column's schema: a literal's value, or for a
/// function (nextval, now) a stand-in such as 0. Empty for types and expressions that it has none for.
std::optional<std::string> default_text(const PublishedColumn& column);

}  // namespace walferry::publish
