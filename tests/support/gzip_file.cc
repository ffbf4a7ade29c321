#include "tests/support/gzip_file.h"

#include <zlib.h>

#include <memory>
#include <stdexcept>

namespace walferry::testing {

std::string read_gzip_file(const std::string& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    if (file == nullptr) throw std::runtime_error("no file " + path);
    std::string text;
    std::string piece(1 << 20, '\0');
    while (true) {
        const int count = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
        if (count < 0) throw std::runtime_error("can't read " + path);
        if (count == 0) return text;
        text.append(piece, 0, static_cast<std::size_t>(count));
    }
}

}  // namespace walferry::testing
