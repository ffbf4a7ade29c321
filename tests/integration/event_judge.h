#pragma once

#include <string>
#include <vector>

#include "tests/integration/event_topics.h"
#include "tests/integration/oracle/target_rows.h"

namespace walferry::testing {

/// Says how the targets of a table with key `id` differ from what the committed events of its topic mean;
/// empty when they do not. `item` is the upsert target, `item_history` and `item_changes` the others. Events
/// are folded here once more, by nothing that walferry has:
/// - upsert: the last image of each key;
/// - scd2: a version for each transaction of the source that changed a key, in the time between it and the
///   next one; versions of no length are not looked at;
/// - append: each record that is no tombstone, once; the delete of a key's change may be one with its create.
/// Records that can't be read are left out: `unreadable` of them are expected.
std::string event_differences(const TargetReader& targets, const std::vector<LoggedEvent>& events,
                              const std::vector<std::string>& columns = {"id", "n", "note"},
                              std::size_t unreadable = 0);

}  // namespace walferry::testing
