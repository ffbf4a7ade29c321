#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Rules for names that become slots, publications, schemas and tables. Each function says what is wrong and
/// what is allowed; empty means that the name is good.
namespace walferry {

/// walferry_<pipeline> must be a slot's name, of 63 bytes at most.
inline constexpr std::string_view object_prefix = "walferry_";

std::optional<std::string> pipeline_name_problem(std::string_view name);

/// The nearest good name of a pipeline: in lower case, other characters as _, cut off; else `pipeline`.
std::string pipeline_name_from(std::string_view text);

/// PostgreSQL's ReplicationSlotValidateName.
std::optional<std::string> slot_name_problem(std::string_view name);

/// Any identifier: 1 to 63 bytes, for PostgreSQL would cut off the rest.
std::optional<std::string> identifier_problem(std::string_view name);

/// A name with placeholders such as {table}.
std::optional<std::string> template_problem(std::string_view text,
                                            const std::vector<std::string_view>& placeholders);

}  // namespace walferry
