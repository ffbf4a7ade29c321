#include "config/skeleton.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace walferry {
namespace {

/// Words that a YAML 1.1 or 1.2 reader takes for something other than text.
constexpr std::array reserved_words = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

bool is_plain(std::string_view text) {
    const auto letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    };
    if (text.empty() || !letter(text.front())) return false;
    const bool safe = std::all_of(text.begin(), text.end(), [&](char byte) {
        return letter(byte) || (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '/' ||
               byte == '-';
    });
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    });
    return safe && std::find(reserved_words.begin(), reserved_words.end(), lower) == reserved_words.end();
}

/// Text that the loader must not expand.
std::string literal_scalar(std::string_view text) {
    std::string escaped;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "${") escaped += '$';
        escaped += text[at];
    }
    return yaml_scalar(escaped);
}

/// `text` as comment lines, each with `indent` in front.
std::string comment(std::string_view text, std::string_view indent) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string line(text.substr(0, end));
        std::replace_if(
            line.begin(), line.end(),
            [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }, ' ');
        result += line.empty() ? fmt::format("{}#\n", indent) : fmt::format("{}# {}\n", indent, line);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return result;
}

std::string warehouse_section(const SkeletonInput& input) {
    const std::string kind =
        input.duckdb_path.empty()
            ? fmt::format("  postgres:\n    connection: {}\n", yaml_scalar(input.warehouse_connection))
            : fmt::format("  duckdb:\n    path: {}\n    # memory_limit: 512MiB\n    # threads: 2\n",
                          literal_scalar(input.duckdb_path));
    return "\nwarehouse:\n" + kind +
           "  # schema: \"{schema}\"         # where targets go; {schema} is the source's schema\n"
           "  # control_schema: walferry   # walferry's own tables\n";
}

std::string rules_section(const SkeletonInput& input) {
    std::string text =
        "\n# The first rule that matches a table counts. Globs see the raw schema.table.\ntables:\n";
    for (const SkeletonInput::Rule& rule : input.rules) {
        text += comment(rule.comment, "  ");
        text += fmt::format("  - match: {}\n    mode: upsert\n", literal_scalar(rule.match));
        if (rule.key.empty()) continue;
        text += "    key:\n";
        for (const std::string& column : rule.key)
            text += fmt::format("      - {}\n", literal_scalar(column));
    }
    if (input.rules.empty()) text += "  - match: \"*\"\n    mode: upsert\n";
    if (input.exclusions.empty()) return text;
    text += "  # Not followed:\n";
    for (const SkeletonInput::Exclusion& exclusion : input.exclusions) {
        text += comment(fmt::format("- {}: {}", exclusion.table, exclusion.reason), "  ");
    }
    return text;
}

constexpr std::string_view service_section = R"(
# batch:
#   max_rows: 100000
#   max_bytes: 64MiB
#   max_delay: 0ms            # 0ms applies at once what is there

# http:
#   listen: 127.0.0.1:8087    # /metrics, /healthz, /readyz; off loopback only with a token
#   token: "${WALFERRY_TOKEN}"

# log:
#   level: info               # trace | debug | info | warn | error
#   format: text              # text | json
)";

}  // namespace

std::string yaml_scalar(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string result = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\') {
            result += '\\';
            result += byte;
        } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) {
            result += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
        } else {
            result += byte;
        }
    }
    return result + "\"";
}

std::string write_skeleton(const SkeletonInput& input) {
    std::string text =
        "# Values may hold ${NAME} and ${NAME:-default} from the environment.\n"
        "# `walferry check` looks at this file and at both servers without changing anything.\n\n";
    text += fmt::format("pipeline: {}   # names the slot, the publication and the control rows\n\n",
                        literal_scalar(input.pipeline));
    text += fmt::format(
        "source:\n  postgres:\n    connection: {}   # libpq: PGPASSFILE, service files, sslmode work\n",
        yaml_scalar(input.source_connection));
    text +=
        "    # publication: and slot: are walferry_<pipeline> unless set here\n"
        "    # snapshot: initial        # initial | never: copy the rows that exist already?\n"
        "    # copy_workers: 2\n";
    text += warehouse_section(input);
    text += rules_section(input);
    return text.append(service_section);
}

}  // namespace walferry
