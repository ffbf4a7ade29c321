#include "tests/integration/oracle/target_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>

#include "model/quote.h"

namespace walferry::testing {
namespace {

Lsn lsn_from(const std::optional<std::string>& text) {
    if (!text) return {};
    if (text->find('/') == std::string::npos) return Lsn{std::stoull(*text)};
    const auto lsn = parse_lsn(*text);
    if (!lsn) throw std::runtime_error("not a position: " + *text);
    return *lsn;
}

std::int64_t number_from(const std::optional<std::string>& text) {
    return text ? std::stoll(*text) : -1;
}

std::optional<Instant> instant_from(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    if (*text == "-infinity") return minus_infinity;
    return std::stoll(*text);
}

/// `expressions` under names of no meaning, before the table's columns in their canonical form.
Rows read(const TargetReader& reader, const std::vector<std::string>& expressions, const OracleTable& table,
          const DecodedName& target) {
    std::string list;
    std::size_t count = 0;
    const auto add = [&](const std::string& expression) {
        list += (list.empty() ? "" : ", ") + expression + " AS x" + std::to_string(count++);
    };
    for (const std::string& expression : expressions) add(expression);
    for (const SourceValueType& column : table.columns) add(reader.canonical(column));
    return reader.rows("SELECT " + list + " FROM " + quote_identifier(target.schema) + "." +
                       quote_identifier(target.name));
}

/// Cuts off the values of the table's columns.
ValueRow take_values(Row& row, const OracleTable& table, ValuePool& pool) {
    const auto begin = row.end() - static_cast<std::ptrdiff_t>(table.columns.size());
    Row values(std::make_move_iterator(begin), std::make_move_iterator(row.end()));
    row.erase(begin, row.end());
    normalise_floats(table.columns, values);
    return pool.row(values);
}

/// NULL, and what an empty list looks like as text or JSON.
bool names_nothing(const std::optional<std::string>& unchanged) {
    return !unchanged || unchanged->empty() || *unchanged == "[]" || *unchanged == "{}";
}

}  // namespace

Rows TargetReader::rows(const std::string& select) const {
    if (file_) return file_->rows(select);
    const auto connection = database_->cluster.connect(database_->name);
    pqxx::nontransaction session(*connection);
    set_oracle_session(session);
    Rows rows;
    for (const auto& found : session.exec(select)) {
        Row& row = rows.emplace_back();
        for (const auto& field : found)
            row.push_back(field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str()));
    }
    return rows;
}

std::string TargetReader::canonical(const SourceValueType& column) const {
    return file_ ? duckdb_canonical(column) : postgres_canonical(column);
}

std::string TargetReader::instant(const std::string& column) const {
    return canonical({column, "timestamptz", ""});
}

std::string TargetReader::text(const std::string& column) const {
    return "CAST(" + quote_identifier(column) + " AS varchar)";
}

std::vector<LoggedRow> logged_rows(const TargetReader& reader, const OracleTable& table,
                                   const DecodedName& target, ValuePool& pool) {
    std::vector<LoggedRow> logged;
    const std::vector<std::string> own = {
        reader.text("_op"),  reader.text("_lsn"),     reader.text("_seq"),      reader.instant("_commit_ts"),
        reader.text("_xid"), reader.text("_old_key"), reader.text("_unchanged")};
    for (Row& row : read(reader, own, table, target)) {
        LoggedRow& found = logged.emplace_back();
        found.values = take_values(row, table, pool);
        found.op = row[0].value_or("?").at(0);
        found.lsn = lsn_from(row[1]);
        found.seq = number_from(row[2]);
        found.commit = instant_from(row[3]);
        found.xid = number_from(row[4]);
        found.old_key = row[5];
        if (!names_nothing(row[6])) found.unchanged = *row[6];
    }
    std::stable_sort(logged.begin(), logged.end(), [](const LoggedRow& one, const LoggedRow& other) {
        return std::tuple(one.op != 'r', one.lsn, one.seq) <
               std::tuple(other.op != 'r', other.lsn, other.seq);
    });
    return logged;
}

std::vector<StoredVersion> stored_versions(const TargetReader& reader, const OracleTable& table,
                                           const HistoryTarget& target, ValuePool& pool) {
    std::vector<StoredVersion> versions;
    const std::vector<std::string> own = {
        reader.instant(target.valid_from), reader.instant(target.valid_to),
        "CASE WHEN " + quote_identifier(target.is_current) + " THEN '1' ELSE '0' END",
        reader.text("_walferry_lsn")};
    for (Row& row : read(reader, own, table, target.name)) {
        StoredVersion& found = versions.emplace_back();
        found.values = take_values(row, table, pool);
        const auto from = instant_from(row[0]);
        if (!from) throw std::runtime_error(target.name.name + ": a version without beginning");
        found.from = *from;
        found.to = instant_from(row[1]);
        found.current = row[2] == "1";
        found.lsn = lsn_from(row[3]);
    }
    return versions;
}

RowCounts stored_rows(const TargetReader& reader, const OracleTable& table, const DecodedName& target,
                      ValuePool& pool) {
    RowCounts counts;
    for (Row& row : read(reader, {}, table, target)) ++counts[take_values(row, table, pool)];
    return counts;
}

ValueRow key_from_json(const OracleTable& table, const std::string& json, ValuePool& pool) {
    const nlohmann::json object = nlohmann::json::parse(json);
    std::vector<std::optional<std::string>> texts;
    for (const std::size_t column : table.key) {
        const nlohmann::json& value = object.at(table.columns[column].name);
        texts.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return pool.row(texts);
}

}  // namespace walferry::testing
