#include "tests/integration/event_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace walferry::testing {

namespace {

using Json = nlohmann::json;

struct KeyImage {
    std::optional<Row> row;  ///< none: the key was not there
    std::int64_t from = 0;
    std::uint64_t xid = 0;
};

struct EventMeaning {
    std::map<std::string, std::vector<KeyImage>> keys;  ///< all of it, in the order of the events
    std::multiset<std::string> log;                     ///< topic/partition/offset op
    std::set<std::string> halves;                       ///< of `log`: may be one with the create behind them
    std::size_t unreadable = 0;
};

std::optional<std::string> text_of(const Json& value) {
    if (value.is_null()) return std::nullopt;
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string printed(const Row& row) {
    std::vector<std::string> values;
    for (const auto& value : row) values.push_back(value ? "'" + *value + "'" : "null");
    return fmt::format("{}", fmt::join(values, ", "));
}

EventMeaning expected_of(const std::vector<LoggedEvent>& events, const std::vector<std::string>& columns) {
    EventMeaning expected;
    for (const LoggedEvent& event : events) {
        if (!event.value) continue;
        const Json value = Json::parse(*event.value, nullptr, false);
        if (!value.is_object() || !value.contains("source") || !event.key) {
            ++expected.unreadable;
            continue;
        }
        const std::string op = value["op"];
        const std::string place = fmt::format("{}/{}/{}", event.topic, event.partition, event.offset);
        expected.log.insert(place);
        if (!event.headers.empty() && event.headers[0].first == "__debezium.newkey")
            expected.halves.insert(place);
        KeyImage version;
        if (op != "d") {
            version.row.emplace();
            for (const std::string& column : columns)
                version.row->push_back(text_of(value["after"].value(column, Json())));
        }
        version.from = value["source"]["ts_us"];
        version.xid = value["source"]["txId"];
        auto& chain = expected.keys[Json::parse(*event.key)["id"].dump()];
        // Several changes of a transaction are one, as nobody saw what was in between.
        if (!chain.empty() && chain.back().xid == version.xid && chain.back().from == version.from)
            chain.pop_back();
        chain.push_back(std::move(version));
    }
    return expected;
}

/// What there is too much of, and what is missing.
std::string compare(const std::string& what, const std::multiset<std::string>& wanted,
                    const std::multiset<std::string>& found) {
    std::vector<std::string> missing, extra;
    std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(),
                        std::back_inserter(missing));
    std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(), std::back_inserter(extra));
    if (missing.empty() && extra.empty()) return "";
    constexpr std::size_t shown_max = 5;
    const auto shown = [&](std::vector<std::string>& lines) {
        const std::size_t count = lines.size();
        lines.resize(std::min(count, shown_max));
        return fmt::format("{}: {}", count, fmt::join(lines, " | "));
    };
    std::string text = fmt::format("{}: wanted {}, found {}\n  missing ", what, wanted.size(), found.size());
    text += shown(missing) + "\n  too many ";
    return text + shown(extra) + "\n";
}

}  // namespace

std::string event_differences(const TargetReader& targets, const std::vector<LoggedEvent>& events,
                              const std::vector<std::string>& columns, std::size_t unreadable) {
    const EventMeaning expected = expected_of(events, columns);
    std::multiset<std::string> current, versions, found;
    for (const auto& [key, chain] : expected.keys) {
        std::optional<Row> held;
        std::int64_t since = 0;
        const auto end = [&](const std::string& until) {
            if (held) versions.insert(fmt::format("{} from {} to {}", printed(*held), since, until));
        };
        for (const KeyImage& version : chain) {
            if (version.row == held) continue;
            end(std::to_string(version.from));
            held = version.row;
            since = version.from;
        }
        end("now");
        if (held) current.insert(printed(*held));
    }
    std::string differences;
    if (expected.unreadable != unreadable)
        differences += fmt::format("unreadable: {}\n", expected.unreadable);
    std::string list;
    for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + column;
    for (const Row& row : targets.rows("SELECT " + list + " FROM public.item")) found.insert(printed(row));
    differences += compare("upsert", current, found);

    found.clear();
    for (const Row& row : targets.rows(
             fmt::format("SELECT {}, {} AS since, {} AS until, is_current AS held FROM public.item_history",
                         list, targets.instant("valid_from"), targets.instant("valid_to")))) {
        const Row values(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(columns.size()));
        const bool holds = row.back() == "true" || row.back() == "t";
        const std::string until = row[row.size() - 2].value_or("now");
        // What two batches have of one transaction leaves a version that never was to be seen.
        if (until == row[row.size() - 3]) continue;
        if (holds != (until == "now")) differences += "is_current disagrees with valid_to\n";
        found.insert(fmt::format("{} from {} to {}", printed(values), *row[row.size() - 3], until));
    }
    differences += compare("scd2", versions, found);

    found.clear();
    for (const Row& row : targets.rows("SELECT _topic, _partition, _offset FROM public.item_changes"))
        found.insert(fmt::format("{}/{}/{}", *row[0], *row[1], *row[2]));
    std::multiset<std::string> wanted = expected.log;
    for (const std::string& half : expected.halves) {
        if (!found.contains(half)) wanted.erase(half);
    }
    differences += compare("append", wanted, found);
    return differences;
}

}  // namespace walferry::testing
