#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

/// The one table of configuration keys. The loader, its messages and the JSON schema all work off it.
namespace walferry {

/// Milliseconds, for the limits of durations.
inline constexpr std::int64_t hour_ms = 3'600'000;
inline constexpr std::int64_t day_ms = 24 * hour_ms;

enum class KeyType {
    Section,      ///< a map of further keys of the table
    SectionList,  ///< a list of such maps; the keys of its items have `[]` in their path
    SectionMap,   ///< a map of such maps by a name of the user's; their keys have `*` for it in their path
    Text,
    Choice,    ///< one of `choices`
    Integer,   ///< within `least` and `most`
    Bytes,     ///< 64MiB; limits in bytes
    Fraction,  ///< 0.05; limits in millionths
    Duration,  ///< 0ms, 60s, 24h; limits in milliseconds
    Boolean,
    Connection,  ///< what libpq takes: a URL or key=value pairs
    TextList,
    TextMap,
    Range,  ///< [low, high], either of which may be null
};

/// Later: known, but refused with the word that this version cannot do it yet. What lies below such a key is
/// not looked at.
enum class Availability { Now, Later };

struct KeyChoice {
    std::string_view value;
    Availability availability = Availability::Now;
};

struct Key {
    std::string_view path;  ///< tables[].targets[].mode
    KeyType type = KeyType::Text;
    std::string_view description = {};
    std::string_view default_text =
        {};  ///< as it would stand in the file; empty when there is no fixed default
    bool required = false;
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::vector<KeyChoice> choices = {};
    std::vector<std::string_view> one_of = {};  ///< of a section: exactly one of these keys must be there
    Availability availability = Availability::Now;
    bool none_of = false;  ///< with one_of: none of them is fine for the table of keys; the loader decides

    bool available() const { return availability == Availability::Now; }
    /// The last part of the path.
    std::string_view name() const;
};

const std::vector<Key>& configuration_keys();

/// Null when there is no such key. Paths are those of the table, with [] and without numbers.
const Key* find_key(std::string_view path);

/// The keys directly below a section (or an item, `tables[]`); the empty path is the file itself.
std::vector<const Key*> keys_below(std::string_view path);

/// What stands nearest to an unknown key below `section`: a name there, or the full path of a key of that
/// very name elsewhere.
std::string nearest_key(std::string_view section, std::string_view unknown);

/// What a value may be: `info, debug` or `a whole number from 1 to 64`.
std::string allowed_values(const Key& key);

}  // namespace walferry
