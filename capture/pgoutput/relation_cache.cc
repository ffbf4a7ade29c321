#include "capture/pgoutput/relation_cache.h"

#include <fmt/format.h>

#include <utility>

namespace walferry {

const Relation& RelationCache::arrive(RelationMessage&& relation, std::string_view message) {
    std::unique_ptr<const Relation>& place = current_[relation.id];
    if (place && place->message == message) return *place;
    if (place) replaced_.push_back(std::move(place));
    place = std::make_unique<const Relation>(Relation{.id = relation.id,
                                                      .schema = std::move(relation.schema),
                                                      .name = std::move(relation.name),
                                                      .identity = relation.identity,
                                                      .columns = std::move(relation.columns),
                                                      .version = ++version_,
                                                      .message = std::string(message)});
    return *place;
}

Result<const Relation*> RelationCache::find(RelationId id) const {
    const auto found = current_.find(id);
    if (found != current_.end()) return found->second.get();
    return Error{ErrorKind::Protocol,
                 fmt::format("a change of relation {}, which was not described before", id), "", ""};
}

}  // namespace walferry
