#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/new_file.h"
#include "service/support_bundle.h"

namespace walferry {
namespace {

constexpr unsigned owner_only = 0600;

std::string name_of(const std::string& pipeline, std::time_t now) {
    return fmt::format("walferry-support-{}-{:%Y%m%dT%H%M%SZ}", pipeline, fmt::gmtime(now));
}

}  // namespace

ExitCode run_support_bundle(const SupportBundleCommand& command) {
    const auto config = refuse_unfinished(load_config(command.config));
    if (!config) return fail_with(config.error(), command.config);
    const std::time_t now = std::time(nullptr);
    const std::string name = name_of(config.value().pipeline, now);
    std::vector<TarFile> files = collect_support_bundle(config.value());
    for (TarFile& file : files) file.name = name + "/" + file.name;
    const std::string path = command.output.empty() ? name + ".tar.gz" : command.output;
    if (const Status written = write_new_file(path, tar_gz(files, now), owner_only); !written)
        return fail_with(written.error(), command.config);
    fmt::print("{}\n", path);
    return ExitCode::Done;
}

}  // namespace walferry
