#pragma once

#include <stop_token>

#include "pipeline/publish/publish_options.h"
#include "pipeline/publish/publish_setup.h"
#include "pipeline/publish/publish_status.h"

namespace walferry::publish {

/// Publishing as a service runs it: one session after the other, with back-off between them while the failure
/// is one that can heal, for ever.
class PublishPipeline {
 public:
    explicit PublishPipeline(PublishOptions options);

    struct Options {
        bool until_caught_up = false;
    };
    /// Returns when stopped or caught up (success), or with an error that a person must resolve; kind Fenced:
    /// another instance has taken over. One call at a time.
    Status run(std::stop_token stop, Options options);

    /// Any thread.
    PublishReport report() const { return board_.report(); }

 private:
    PublishOptions options_;
    PublishBoard board_;
    Tenure tenure_;
};

/// Removes what publishing has made at the source, and its checkpoint: the slot, and the publication where it
/// is its own. What is published stays. Nothing of the pipeline may run.
Status drop_publishing(const PublishOptions& options, std::stop_token stop = {});

}  // namespace walferry::publish
