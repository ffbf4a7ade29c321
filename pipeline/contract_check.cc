#include "pipeline/contract_check.h"

#include <algorithm>
#include <limits>

#include "apply/contract.h"
#include "apply/contract_schema.h"
#include "apply/row_fields.h"
#include "apply/table_plan.h"
#include "apply/value_transform.h"
#include "capture/snapshot/snapshot_reader.h"
#include "capture/source_catalog.h"
#include "model/pg_types.h"
#include "pipeline/contract_findings.h"
#include "pipeline/table_matching.h"

namespace walferry {

namespace {

struct ContractTable {
    const TableRule* rule = nullptr;
    SourceTable source;
};

bool is_integer(std::uint32_t type_oid) {
    return type_oid == pg_types::int2 || type_oid == pg_types::int4 || type_oid == pg_types::int8;
}

/// The tables under a contract: as they are published, else as they would be.
Result<std::vector<ContractTable>> find_tables(const Config& config, SourceCatalog& catalog) {
    WALFERRY_TRY(candidates, catalog.candidates());
    const std::vector<CandidateTable> wanted = match_tables(config, candidates).wanted;
    std::vector<SourceTable> sources;
    WALFERRY_TRY(publication, catalog.publication(config.source.publication));
    if (publication) {
        WALFERRY_TRY(published, catalog.published_tables(config.source.publication));
        sources = std::move(published);
    }
    WALFERRY_TRY(described, catalog.describe_candidates(unpublished(wanted, sources)));
    sources.insert(sources.end(), described.begin(), described.end());
    std::vector<ContractTable> tables;
    for (SourceTable& source : sources) {
        const TableRule* rule = find_rule(config, source.schema, source.name);
        if (rule != nullptr && !rule->contract.empty()) tables.push_back({rule, std::move(source)});
    }
    return tables;
}

Status refuse_mistakes(const Config& config, const std::vector<ContractTable>& tables) {
    ContractFindings findings(config.file);
    for (const ContractTable& table : tables) findings.see(table.source, *table.rule);
    for (const Finding& finding : findings.take()) {
        if (finding.is_configuration) return Error{ErrorKind::Configuration, finding.message, "", ""};
    }
    return success();
}

/// One table's rows: reads the columns of contract and key only.
class TableCheck {
 public:
    static Result<TableCheck> make(const ContractTable& table) {
        const auto key = choose_key(table.source, table.rule->key);
        SourceTable read = table.source;
        std::vector<std::string> key_names;
        if (key) {
            for (const std::uint16_t index : key.value())
                key_names.push_back(table.source.columns[index].name);
        }
        std::erase_if(read.columns, [&](const SourceColumn& column) {
            const auto& columns = table.rule->contract.columns;
            const bool in_contract =
                std::any_of(columns.begin(), columns.end(),
                            [&](const ColumnContract& rule) { return rule.name == column.name; });
            return !in_contract &&
                   std::find(key_names.begin(), key_names.end(), column.name) == key_names.end();
        });
        WALFERRY_TRY(contract, Contract::make(table.rule->contract, read, table.rule->columns));
        return TableCheck(*table.rule, std::move(read), std::move(contract), key_names);
    }

    bool looks_at_rows() const { return !contract_.empty(); }
    const SourceTable& source() const { return source_; }

    void add(std::string_view row) {
        ++report_.rows;
        FieldWalker walker(row);
        for (ColumnValue& value : values_) {
            const std::string_view field = walker.next();
            if (field_length(field) == null_length) {
                value = {};
            } else {
                value = {ValueKind::Text, field.substr(sizeof(std::int32_t))};
            }
        }
        for (const std::size_t rule : contract_.broken(values_)) {
            RuleReport& found = report_.rules[rule];
            const bool wanted = found.examples.size() < RuleReport::examples_max && !key_.empty();
            if (++found.violations && wanted) found.examples.push_back(key_of_row());
        }
    }

    ContractTableReport take() { return std::move(report_); }

 private:
    TableCheck(const TableRule& rule, SourceTable source, Contract contract,
               const std::vector<std::string>& key)
        : columns_(&rule.columns),
          source_(std::move(source)),
          contract_(std::move(contract)),
          transform_(rule.columns.hash_key),
          values_(source_.columns.size()) {
        for (const std::string& name : key) {
            const auto found = std::find_if(source_.columns.begin(), source_.columns.end(),
                                            [&](const SourceColumn& column) { return column.name == name; });
            key_.push_back(static_cast<std::size_t>(found - source_.columns.begin()));
        }
        report_.table = source_.qualified_name();
        for (const ContractRule& each : contract_.rules())
            report_.rules.push_back({each.column, std::string(each.name), 0, {}});
    }

    std::vector<KeyField> key_of_row() {
        std::vector<KeyField> key;
        for (const std::size_t index : key_) {
            const SourceColumn& column = source_.columns[index];
            const ColumnRule rule = columns_->of(column.name);
            if (rule == ColumnRule::Clear) {
                key.push_back({column.name, std::string(values_[index].bytes), is_integer(column.type.oid)});
            } else {
                const ColumnRule shown_as = rule == ColumnRule::Hash ? rule : ColumnRule::Mask;
                key.push_back({column.name, transform_.transformed(shown_as, values_[index].bytes), false});
            }
        }
        return key;
    }

    const ColumnRules* columns_;
    SourceTable source_;
    Contract contract_;
    ValueTransform transform_;
    std::vector<ColumnValue> values_;
    std::vector<std::size_t> key_;  ///< indices into source_.columns
    ContractTableReport report_;
};

Status read_rows(SnapshotHolder& holder, CopyReader& reader, TableCheck& check) {
    const SourceTable& source = check.source();
    const std::vector<bool> as_text(source.columns.size(), true);
    WALFERRY_TRY(chunks, holder.plan(source, std::numeric_limits<std::uint32_t>::max()));
    for (const CopyChunk& chunk : chunks) {
        WALFERRY_TRYV(reader.start(source, chunk, as_text));
        for (;;) {
            WALFERRY_TRY(row, reader.next());
            if (!row) break;
            check.add(*row);
        }
    }
    return success();
}

}  // namespace

bool ContractReport::has_violations() const {
    return std::any_of(tables.begin(), tables.end(), [](const ContractTableReport& table) {
        return !table.breaches.empty() ||
               std::any_of(table.rules.begin(), table.rules.end(),
                           [](const RuleReport& rule) { return rule.violations > 0; });
    });
}

Result<ContractReport> check_contracts(const Config& config) {
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    WALFERRY_TRY(tables, find_tables(config, *catalog));
    WALFERRY_TRYV(refuse_mistakes(config, tables));
    ContractReport report;
    if (tables.empty()) return report;
    std::vector<SourceTable> sources;
    for (const ContractTable& table : tables) sources.push_back(table.source);
    WALFERRY_TRY(holder, hold_snapshot(config.source.connection, sources));
    WALFERRY_TRY(reader, open_copy_reader(config.source.connection, holder->name()));
    for (const ContractTable& table : tables) {
        WALFERRY_TRY(check, TableCheck::make(table));
        if (check.looks_at_rows()) {
            WALFERRY_TRYV(read_rows(*holder, *reader, check));
        }
        report.tables.push_back(check.take());
        for (const ContractBreach& breach : schema_breaches(table.rule->contract, table.source))
            report.tables.back().breaches.push_back(breach.message);
    }
    return report;
}

}  // namespace walferry
