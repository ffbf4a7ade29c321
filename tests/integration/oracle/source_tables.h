#pragma once

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "tests/integration/canonical_text.h"
#include "tests/integration/oracle/decoded_change.h"

namespace walferry::testing {

/// A table of the source as the oracle sees it; of a partitioned one, the root.
struct OracleTable {
    DecodedName name;
    std::vector<SourceValueType> columns;  ///< generated ones left out
    std::vector<std::string> sql_types;    ///< of each column, a domain's base type
    std::vector<std::size_t> key;  ///< columns of the primary key, else of the identity index; may be none
    bool full = false;             ///< REPLICA IDENTITY FULL

    std::string text() const { return name.schema + "." + name.name; }
    std::string sql() const;
    std::optional<std::size_t> column(const std::string& name) const;
};

/// All permanent tables of a database as its catalog describes them now.
class SourceTables {
 public:
    explicit SourceTables(pqxx::nontransaction& session);

    const std::vector<OracleTable>& all() const { return tables_; }
    const OracleTable& operator[](std::size_t index) const { return tables_[index]; }
    /// By `schema.table`; throws when there is none.
    std::size_t index_of(const std::string& table) const;
    /// The table that a name of the stream belongs to: itself, or the root of this partition.
    std::optional<std::size_t> owner(const DecodedName& name) const;

 private:
    void read_columns(pqxx::nontransaction& session);
    void read_keys(pqxx::nontransaction& session);
    void read_partitions(pqxx::nontransaction& session);

    std::vector<OracleTable> tables_;
    std::map<DecodedName, std::size_t> owners_;
};

/// Output functions print alike in all sessions of the oracle.
void set_oracle_session(pqxx::nontransaction& session);

}  // namespace walferry::testing
