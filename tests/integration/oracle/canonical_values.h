#pragma once

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/oracle/source_tables.h"

namespace walferry::testing {

/// Turns the text that a type's output function printed into the form of canonical_text.h, by asking the
/// source server; types that print alike everywhere stay as they are. Answers are kept.
class CanonicalValues {
 public:
    explicit CanonicalValues(pqxx::nontransaction& session) : session_(session) {}

    /// Says that text() is going to be asked for this value.
    void announce(const OracleTable& table, std::size_t column, const std::string& text);
    /// Asks for all that was announced, in few queries.
    void resolve();
    std::string text(const OracleTable& table, std::size_t column, const std::string& text) const;

 private:
    struct Kind {
        SourceValueType type;
        std::map<std::string, std::string> known;
        std::set<std::string> wanted;
    };

    pqxx::nontransaction& session_;
    std::map<std::string, Kind> kinds_;  ///< by the type's SQL name
};

}  // namespace walferry::testing
