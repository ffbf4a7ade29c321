#include "pipeline/start_rules.h"

#include <fmt/format.h>

namespace walferry {

namespace {

Error refuse(std::string what, std::string_view way_out) {
    return Error{ErrorKind::Refused, std::move(what), std::string(way_out), ""};
}

Status judge_source(const StartFacts& facts, const Checkpoint& checkpoint) {
    if (facts.source.system_identifier != checkpoint.system_identifier) {
        return refuse(fmt::format("wrong server: the checkpoint belongs to the cluster with system "
                                  "identifier {}, this one has {}",
                                  checkpoint.system_identifier, facts.source.system_identifier),
                      fmt::format("correct source.postgres.connection; {}", facts.words.start_over));
    }
    if (facts.source.timeline < checkpoint.timeline) {
        return refuse(fmt::format("the source is on timeline {}, the checkpoint on the later timeline {}: an "
                                  "old primary, or a restore",
                                  facts.source.timeline, checkpoint.timeline),
                      fmt::format("point source.postgres.connection at the current primary; {}",
                                  facts.words.start_over));
    }
    if (facts.source.timeline != checkpoint.timeline &&
        (!facts.timeline_end || *facts.timeline_end < checkpoint.position)) {
        return refuse(
            fmt::format(
                "the source left timeline {} at {}, but the {} holds what the old primary wrote up to "
                "{}: changes that the new primary never had",
                checkpoint.timeline,
                facts.timeline_end ? to_string(*facts.timeline_end) : "an unknown position",
                facts.words.keeper, to_string(checkpoint.position)),
            facts.words.start_over);
    }
    if (facts.source.position < checkpoint.position) {
        return refuse(
            fmt::format("the source's WAL ends at {}, before the checkpoint {}: it was restored from an "
                        "older state, or is another server",
                        to_string(facts.source.position), to_string(checkpoint.position)),
            facts.words.start_over);
    }
    return success();
}

/// Whose slot that is.
Status judge_owner(const SlotStatus& slot, const StartFacts& facts) {
    if (slot.plugin != "pgoutput" || slot.temporary) {
        return refuse(
            fmt::format("the slot {} is not a permanent pgoutput slot (plugin {})", slot.name, slot.plugin),
            fmt::format("name another one in {}, then `walferry run CONFIG`", facts.words.slot_key));
    }
    if (slot.database != facts.source.database) {
        return refuse(fmt::format("the slot {} belongs to database {}, not to {}", slot.name, slot.database,
                                  facts.source.database),
                      fmt::format("correct source.postgres.connection or {}, then `walferry run CONFIG`",
                                  facts.words.slot_key));
    }
    return success();
}

Status judge_slot(const SlotStatus& slot, const StartFacts& facts) {
    WALFERRY_TRYV(judge_owner(slot, facts));
    if (slot.wal_status == "lost" || !slot.invalidation_reason.empty()) {
        return refuse(
            fmt::format("the slot {} is lost ({}): the source has removed WAL that was not delivered yet",
                        slot.name,
                        slot.invalidation_reason.empty() ? "wal_status lost" : slot.invalidation_reason),
            fmt::format("{}. Consider a larger max_slot_wal_keep_size",
                        facts.checkpoint && facts.checkpoint->position ? facts.words.new_slot
                                                                       : facts.words.start_over));
    }
    return success();
}

Status judge_name(const StartFacts& facts, const std::string& pipeline, const std::string& slot_name) {
    if (facts.checkpoint->slot != slot_name) {
        return refuse(
            fmt::format("the checkpoint of pipeline {} belongs to slot {}, the configuration names {}",
                        pipeline, facts.checkpoint->slot, slot_name),
            facts.words.start_over);
    }
    return success();
}

}  // namespace

Result<StartKind> judge_start(const StartFacts& facts, const std::string& pipeline,
                              const std::string& slot_name) {
    if (facts.slot) {
        WALFERRY_TRYV(judge_slot(*facts.slot, facts));
    }
    if (!facts.checkpoint) {
        if (!facts.slot) return StartKind::Fresh;
        return refuse(fmt::format("the slot {} exists, but this {} has no checkpoint of pipeline {}: "
                                  "another {} may depend on it, or this one was replaced",
                                  slot_name, facts.words.keeper, pipeline, facts.words.keeper),
                      fmt::format("correct the {}, or name another slot in {}; {}", facts.words.keeper,
                                  facts.words.slot_key, facts.words.start_over));
    }
    const Checkpoint& checkpoint = *facts.checkpoint;
    WALFERRY_TRYV(judge_source(facts, checkpoint));
    WALFERRY_TRYV(judge_name(facts, pipeline, slot_name));
    if (!checkpoint.position) return StartKind::Unfinished;
    if (!facts.slot) {
        return refuse(fmt::format("the slot {} is gone, though the {} has a checkpoint at {}: what was "
                                  "committed since then can't be delivered any more",
                                  slot_name, facts.words.keeper, to_string(checkpoint.position)),
                      facts.words.new_slot);
    }
    if (facts.slot->confirmed_flush_lsn > checkpoint.position) {
        return refuse(fmt::format("the slot {} was confirmed up to {}, but the {}'s checkpoint is {}: the "
                                  "slot was recreated or "
                                  "the {} restored from a backup, and the changes in between are lost",
                                  slot_name, to_string(facts.slot->confirmed_flush_lsn), facts.words.keeper,
                                  to_string(checkpoint.position), facts.words.keeper),
                      facts.words.new_slot);
    }
    return StartKind::Continue;
}

Status judge_new_slot(const StartFacts& facts, const std::string& pipeline, const std::string& slot_name) {
    constexpr const char* run = "`walferry run CONFIG` makes what is missing";
    if (!facts.checkpoint) {
        return refuse(
            fmt::format("this warehouse has no checkpoint of pipeline {}: there is nothing to renew",
                        pipeline),
            facts.slot ? facts.words.start_over : run);
    }
    WALFERRY_TRYV(judge_source(facts, *facts.checkpoint));
    WALFERRY_TRYV(judge_name(facts, pipeline, slot_name));
    if (!facts.checkpoint->position)
        return refuse(fmt::format("the first start of pipeline {} was interrupted", pipeline), run);
    if (!facts.slot) return success();
    WALFERRY_TRYV(judge_owner(*facts.slot, facts));
    if (!facts.slot->active) return success();
    return refuse(fmt::format("the slot {} is in use by process {} at the source", facts.slot->name,
                              facts.slot->active_pid),
                  "stop the running walferry, then `walferry resync CONFIG --all --new-slot`");
}

}  // namespace walferry
