#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/pgoutput/messages.h"
#include "model/error.h"
#include "model/relation.h"

namespace walferry {

/// The relations as the stream last described them, by arrival. Pointers to a relation stay valid as long as
/// the cache, also after a newer description arrived: replaced ones are kept, one for each DDL that a table
/// saw.
class RelationCache {
 public:
    /// Takes a Relation message. The version grows only when something changed; walsenders repeat themselves.
    const Relation& arrive(RelationMessage&& relation, std::string_view message);

    /// The current description. Kind Protocol when the stream never described this relation.
    Result<const Relation*> find(RelationId id) const;

 private:
    std::unordered_map<RelationId, std::unique_ptr<const Relation>> current_;
    std::vector<std::unique_ptr<const Relation>> replaced_;
    std::uint64_t version_ = 0;
};

}  // namespace walferry
