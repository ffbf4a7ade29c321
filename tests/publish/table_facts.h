#pragma once

#include <map>
#include <pqxx/pqxx>
#include <string>

#include "capture/source_catalog.h"
#include "publish/published_table.h"

namespace walferry::publish {

/// What the source's catalog has to deliver for PublishedTable, beyond SourceTable: defaults, labels of
/// enums, and the columns of the key.
class TableFacts {
 public:
    explicit TableFacts(pqxx::connection& connection);

    PublishedTable of_catalog(const SourceTable& table) const;
    /// As the stream describes the table; of columns that are gone by now only the type is known.
    PublishedTable of_stream(const Relation& relation, SourceCatalog& catalog) const;

 private:
    struct ColumnFacts {
        bool not_null = false;
        std::string default_expression;
    };

    void add_facts(PublishedTable& table) const;

    std::map<TableName, std::map<std::string, ColumnFacts>> columns_;
    std::map<TableName, std::vector<std::string>> keys_;
    std::map<std::uint32_t, std::vector<std::string>> labels_;  ///< by the enum's OID
};

}  // namespace walferry::publish
