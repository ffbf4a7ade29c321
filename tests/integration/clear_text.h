#pragma once

#include <string>

#include "tests/integration/shop.h"

namespace walferry::testing {

/// Whether `clear` stands anywhere in what walferry wrote: all tables of the warehouse (its own included, and
/// bytes that are shown as hex), the bytes of a DuckDB file and its WAL, and the log. Names the first place;
/// empty when there is none. DuckDB's tables are looked at only while nothing runs.
std::string place_of(const Shop& shop, Target target, const std::string& clear);

}  // namespace walferry::testing
