#include "tests/integration/oracle/canonical_values.h"

#include "model/quote.h"

namespace walferry::testing {
namespace {

constexpr std::size_t bytes_per_query = 4'000'000;

/// canonical_text.h leaves it at the column's name where nothing is to be done.
bool prints_alike(const SourceValueType& type) {
    return postgres_canonical(type) == quote_identifier(type.name);
}

}  // namespace

void CanonicalValues::announce(const OracleTable& table, std::size_t column, const std::string& text) {
    if (prints_alike(table.columns[column])) return;
    Kind& kind = kinds_[table.sql_types[column]];
    kind.type = table.columns[column];
    kind.type.name = "v";
    if (!kind.known.contains(text)) kind.wanted.insert(text);
}

void CanonicalValues::resolve() {
    for (auto& [sql_type, kind] : kinds_) {
        auto next = kind.wanted.begin();
        while (next != kind.wanted.end()) {
            std::string list;
            std::vector<const std::string*> asked;
            for (; next != kind.wanted.end() && list.size() < bytes_per_query; ++next) {
                list += (list.empty() ? "" : ", ") + quote_literal(*next);
                asked.push_back(&*next);
            }
            const pqxx::result answers =
                session_.exec("SELECT " + postgres_canonical(kind.type) + " FROM (SELECT t::" + sql_type +
                              " AS v, o FROM unnest(ARRAY[" + list +
                              "]::text[]) WITH ORDINALITY AS u(t, o)) AS x ORDER BY o");
            for (std::size_t i = 0; i < asked.size(); ++i)
                kind.known[*asked[i]] = answers[static_cast<pqxx::result::size_type>(i)][0].c_str();
        }
        kind.wanted.clear();
    }
}

std::string CanonicalValues::text(const OracleTable& table, std::size_t column,
                                  const std::string& text) const {
    if (prints_alike(table.columns[column])) return text;
    return kinds_.at(table.sql_types[column]).known.at(text);
}

}  // namespace walferry::testing
