#include "pipeline/publish/publish_checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace walferry::publish {

namespace {

using Json = nlohmann::json;

constexpr int checkpoint_version = 1;
constexpr const char* progress_names[] = {"none", "begun", "partly", "done"};

std::optional<SnapshotProgress> progress_of(const std::string& name) {
    for (int i = 0; i < 4; ++i)
        if (name == progress_names[i]) return static_cast<SnapshotProgress>(i);
    return std::nullopt;
}

Error unreadable_checkpoint(std::string_view json) {
    return Error{ErrorKind::Refused, fmt::format("the checkpoint in Kafka can't be read: {}", json),
                 "name another publish.kafka.checkpoint_topic or pipeline, or use the walferry that wrote it",
                 ""};
}

}  // namespace

std::string to_json(const PublishCheckpoint& checkpoint) {
    const Checkpoint& place = checkpoint.place;
    return Json{{"version", checkpoint_version},
                {"end_lsn", to_string(place.position)},
                {"previous_commit", to_string(checkpoint.previous_commit)},
                {"commit_time", place.latest_commit_time},
                {"system_identifier", std::to_string(place.system_identifier)},
                {"timeline", place.timeline},
                {"slot", place.slot},
                {"made_publication", place.made_publication},
                {"snapshot", progress_names[static_cast<int>(checkpoint.snapshot)]},
                {"instance", checkpoint.instance}}
        .dump();
}

Result<PublishCheckpoint> read_publish_checkpoint(std::string_view json) {
    try {
        const Json read = Json::parse(json);
        PublishCheckpoint checkpoint;
        const auto position = parse_lsn(read.at("end_lsn").get<std::string>());
        const auto previous = parse_lsn(read.at("previous_commit").get<std::string>());
        const auto progress = progress_of(read.at("snapshot").get<std::string>());
        if (read.at("version") != checkpoint_version || !position || !previous || !progress)
            return unreadable_checkpoint(json);
        checkpoint.place.position = *position;
        checkpoint.place.latest_commit_time = read.at("commit_time").get<std::int64_t>();
        checkpoint.place.system_identifier = std::stoull(read.at("system_identifier").get<std::string>());
        checkpoint.place.timeline = read.at("timeline").get<std::uint32_t>();
        checkpoint.place.slot = read.at("slot").get<std::string>();
        checkpoint.place.made_publication = read.at("made_publication").get<bool>();
        checkpoint.previous_commit = *previous;
        checkpoint.snapshot = *progress;
        checkpoint.instance = read.at("instance").get<std::string>();
        return checkpoint;
    } catch (const std::exception&) {
        return unreadable_checkpoint(json);
    }
}

}  // namespace walferry::publish
