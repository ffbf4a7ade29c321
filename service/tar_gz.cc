#include "service/tar_gz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace walferry {
namespace {

constexpr std::size_t block_bytes = 512;

/// The fields of a header that are not zero: POSIX.1-2017, pax, "ustar Interchange Format".
std::string header_of(const TarFile& file, long time) {
    std::array<char, block_bytes> header{};
    const auto put = [&header](std::size_t at, std::string_view text) {
        std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, std::string_view(file.name).substr(0, 99));
    put(100, "0000600");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", file.content.size()));
    put(136, fmt::format("{:011o}", time));
    put(148, "        ");  // the checksum's own place counts as blanks
    put(156, "0");
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char byte : header) sum += static_cast<unsigned char>(byte);
    put(148, fmt::format("{:06o}", sum));
    header[154] = '\0';
    return {header.begin(), header.end()};
}

std::string gzip(const std::string& text) {
    constexpr int gzip_window = 15 + 16, memory_level = 8;
    z_stream stream{};
    if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level,
                       Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string packed(::deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    return packed;
}

}  // namespace

std::string tar_gz(const std::vector<TarFile>& files, long time) {
    std::string tar;
    for (const TarFile& file : files) {
        tar += header_of(file, time) + file.content;
        tar.resize((tar.size() + block_bytes - 1) / block_bytes * block_bytes, '\0');
    }
    tar.append(2 * block_bytes, '\0');
    return gzip(tar);
}

}  // namespace walferry
