#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/source_table.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// Columns that table rules exclude, hash or mask, and which of them exist. A rule may match tables of
/// several shapes, so a column that one of them lacks is fine; one that none of them has is a mistake, and
/// its values would pass in clear under the name that was meant.
class ListedColumns {
 public:
    void see(const SourceTable& source, const TableRule& rule);
    std::vector<Finding> findings() const;

 private:
    struct Seen {
        std::set<std::string> tables, columns;
    };
    std::map<const TableRule*, Seen> seen_;
};

/// The source's column as it is mapped to the warehouse when its values are hashed or masked: as text.
SourceColumn text_form_of(SourceColumn column);

}  // namespace walferry
