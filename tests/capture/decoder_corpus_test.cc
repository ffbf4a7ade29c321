#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "capture/pgoutput/decoder.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("messages recorded from a server are decoded, those of newer protocols refused") {
    std::set<char> kinds;
    Decoder decoder;
    for (const auto& entry : std::filesystem::directory_iterator(WALFERRY_CORPUS)) {
        const std::string name = entry.path().filename().string();
        const std::string message = content(entry.path());
        CAPTURE(name);
        REQUIRE_FALSE(message.empty());
        kinds.insert(message.front());
        const auto decoded = decoder.decode(message);
        const bool newer = name.rfind("newer_", 0) == 0;
        CHECK(decoded.has_error() == newer);
        if (decoded.has_error()) CHECK(decoded.error().kind == ErrorKind::Protocol);
    }
    CHECK(kinds.size() == 19);
}
