#pragma once

// Catch2 is version 2 on Debian 12 and version 3 on Debian 13.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define CONTAINS_TEXT(text) Catch::Matchers::ContainsSubstring(text)
#else
#include <catch2/catch.hpp>
#define CONTAINS_TEXT(text) Catch::Contains(text)
#endif
