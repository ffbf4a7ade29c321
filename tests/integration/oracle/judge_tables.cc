#include "tests/integration/oracle/judge.h"

namespace walferry::testing {

std::string Judge::replay_differences(const std::string& name, const DecodedName& log,
                                      const DecodedName& upsert) const {
    const OracleTable& table = table_at(log_.tables().index_of(name));
    std::map<ValueRow, ValueRow> rows;
    for (const LoggedRow& row : logged_rows(warehouse_, table, log, log_.pool())) {
        const ValueRow key = key_of(table, row.values);
        if (row.op == 't') rows.clear();
        if (row.op == 'd') rows.erase(key);
        if (row.old_key) rows.erase(key_from_json(table, *row.old_key, log_.pool()));
        if (row.op == 'c' || row.op == 'u' || row.op == 'r') rows[key] = row.values;
    }
    RowCounts replayed;
    for (const auto& [key, row] : rows) ++replayed[row];
    const std::string report = row_differences(stored_rows(warehouse_, table, upsert, log_.pool()), replayed);
    return report.empty() ? report : log.name + " replayed is not " + upsert.name + ":\n" + report;
}

std::string Judge::current_differences(const std::string& name, const HistoryTarget& history,
                                       const DecodedName& upsert) const {
    const OracleTable& table = table_at(log_.tables().index_of(name));
    RowCounts current;
    for (const StoredVersion& version : stored_versions(warehouse_, table, history, log_.pool()))
        if (version.current) ++current[version.values];
    const std::string report = row_differences(stored_rows(warehouse_, table, upsert, log_.pool()), current);
    return report.empty() ? report
                          : history.name.name + ": its current rows are not " + upsert.name + ":\n" + report;
}

std::string Judge::default_target_differences(const std::string& name) {
    const OracleTable& table = table_at(log_.tables().index_of(name));
    const DecodedName log{table.name.schema, table.name.name + "_changes"};
    const HistoryTarget history{.name = {table.name.schema, table.name.name + "_history"}};
    std::string report = log_differences(name, log);
    if (table.key.empty()) return report;
    report += history_differences(name, history);
    report += replay_differences(name, log, table.name);
    report += current_differences(name, history, table.name);
    return report;
}

}  // namespace walferry::testing
