#include "warehouse/encoding/encoding.h"

#include <charconv>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "model/byte_order.h"
#include "model/pg_types.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// The bytes, or nothing where the text is refused. The buffer has exactly the room that is promised, so that
/// the address sanitizer sees a bound that is too low.
std::optional<std::string> encode(const ColumnEncoding& encoding, std::string_view text) {
    std::vector<char> buffer(encoded_bytes_max(encoding, text.size()));
    const char* end = encode_text(encoding, text, buffer.data());
    if (end == nullptr) return std::nullopt;
    REQUIRE(end <= buffer.data() + buffer.size());
    return std::string(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

template <class T>
std::optional<T> number(Encoding kind, std::string_view text) {
    const auto bytes = encode({kind}, text);
    if (!bytes) return std::nullopt;
    REQUIRE(bytes->size() == sizeof(T));
    return load_big_endian<T>(bytes->data());
}

ColumnEncoding array_of(Encoding element, std::uint32_t oid) {
    return {Encoding::Array, element, oid};
}

}  // namespace

TEST_CASE("what is no value of the type is refused") {
    const std::vector<std::pair<Encoding, std::vector<const char*>>> table = {
        {Encoding::Bool, {"", "tt", "true", "1", "T", "y"}},
        {Encoding::Int2,
         {"", "-", "+1", "32768", "-32769", "1.0", " 1", "1 ", "1e3", "0x1", "--1", "999999"}},
        {Encoding::Int4, {"", "2147483648", "-2147483649", "12345678901", "1234567a", "1234567:"}},
        {Encoding::Int8,
         {"", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1234/678",
          "12345678/"}},
        {Encoding::Oid, {"", "-1", "4294967296"}},
        {Encoding::Float4, {"", "-", "1e39", "-1e39", "nan", "inf", "1,5", "0x10"}},
        {Encoding::Float8,
         {"", "1e400", "-1e400", "infinity", "-inf", "nan", "NaN ", "1e", "1 ", "+1", "--1", ".5"}},
        {Encoding::Numeric,
         {"", "-", ".", "1.", ".1", "1e5", "+1", "nan", "-NaN", "inf", "1.2.3", "1 ", "12a4", "--1"}},
        {Encoding::Money,
         {"", "$", "$1", "$1.2", "$1,2.00", "$12,34.00", "$1234,567.00", "$,123.00", "1.234,56", "$-1.00",
          "$92,233,720,368,547,758.08", "-$92,233,720,368,547,758.09", "$1,234,567.0", "£1.00"}},
        {Encoding::Bytea, {"", "\\", "\\x0", "\\xzz", "abc", "\\000"}},
        {Encoding::Date,
         {"",
          "2000-1-1",
          "2000-00-01",
          "2000-13-01",
          "2000-02-30",
          "1900-02-29",
          "0000-01-01",
          "200-01-01",
          "2000/01/01",
          "2000-01-01x",
          "2000-01-01 AD",
          "5874898-01-01",
          "4714-11-23 BC",
          "4715-01-01 BC",
          "99999999-01-01",
          "Infinity",
          "y",
          "0004-02-29 BC",
          "2000-01-01 BC BC",
          "01-01-2000"}},
        {Encoding::Time,
         {"", "24:00:01", "24:00:00.000001", "25:00:00", "12:60:00", "12:00:60", "12:00", "12:00:00.",
          "12:00:00.1234567", "1:00:00", "12:00:00+00", "-1:00:00"}},
        {Encoding::TimeTz,
         {"", "12:00:00", "12:00:00+", "12:00:00+1", "12:00:00+16", "12:00:00+01:60",
          "12:00:00+01:", "12:00:00 +01"}},
        {Encoding::Timestamp,
         {"", "2000-01-01", "2000-01-01 ", "2000-01-01T00:00:00", "2000-01-01 24:00:00",
          "2000-01-01 00:00:00Z", "2000-01-01 00:00:00+16", "294277-01-01 00:00:00",
          "294276-12-31 23:59:59.999999-00:00:01", "4714-11-24 00:00:00+01 BC", "2000-01-01 00:00:00.1234567",
          "5874897-12-31 00:00:00", "epoch", "NaN"}},
        {Encoding::Interval,
         {"",
          " ",
          "1",
          "1 ",
          "1 fortnight",
          "1 mon 1 year",
          "1 day 1 day",
          "00:00",
          "1:00:00",
          "00:60:00",
          "00:00:60",
          "178956970 years 8 mons",
          "2147483648 days",
          "2562047788:00:54.775808",
          "-2562047788:00:54.775809",
          "1 day ",
          "1 day  00:00:01",
          "99999999999 days",
          "1 days2",
          "@ 1 day",
          "P1D",
          "00:00:01 1 day",
          "- day"}},
        {Encoding::Uuid,
         {"", "0", "00000000-0000-0000-0000-00000000000g", "00000000000000000000000000000000",
          "00000000-0000-0000-00000-0000000000", "{0000000-0000-0000-0000-000000000000"}},
    };
    for (const auto& [kind, texts] : table) {
        for (const char* text : texts) {
            CAPTURE(static_cast<int>(kind), text);
            CHECK_FALSE(encode({kind}, text).has_value());
        }
    }
}

TEST_CASE("integers up to their edges are read") {
    CHECK(number<std::int16_t>(Encoding::Int2, "-32768") == -32768);
    CHECK(number<std::int32_t>(Encoding::Int4, "2147483647") == 2147483647);
    CHECK(number<std::int64_t>(Encoding::Int8, "-9223372036854775808") == INT64_MIN);
    CHECK(number<std::uint32_t>(Encoding::Oid, "4294967295") == 4294967295u);
    CHECK(number<std::int64_t>(Encoding::Int8, "-0") == 0);
}

TEST_CASE("random integers of every length survive") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
        const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
        const auto text = std::to_string(value);
        CAPTURE(text);
        REQUIRE(number<std::int64_t>(Encoding::Int8, text) == value);
        const bool fits = value >= INT32_MIN && value <= INT32_MAX;
        REQUIRE(number<std::int32_t>(Encoding::Int4, text) ==
                (fits ? std::optional(static_cast<std::int32_t>(value)) : std::nullopt));
    }
}

TEST_CASE("a wrong character anywhere in a number is noticed") {
    for (std::size_t length = 1; length <= 19; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(length, '1');
                text[place] = static_cast<char>(byte);
                const bool digit = byte >= '0' && byte <= '9';
                const bool sign = byte == '-' && place == 0 && length > 1;
                CAPTURE(text);
                REQUIRE(number<std::int64_t>(Encoding::Int8, text).has_value() == (digit || sign));
            }
        }
    }
}

TEST_CASE("random doubles in shortest form survive, bit by bit") {
    std::mt19937_64 random(11);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = random();
        const auto value = std::bit_cast<double>(bits);
        if (value != value) continue;
        char text[40];
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        if (text[0] == 'i' || text[1] == 'i') continue;
        REQUIRE(number<std::uint64_t>(Encoding::Float8, {text, static_cast<std::size_t>(end - text)}) ==
                bits);
    }
    CHECK(number<std::uint64_t>(Encoding::Float8, "-0") == 0x8000000000000000u);
    CHECK(number<std::uint64_t>(Encoding::Float8, "5e-324") == 1u);
}

TEST_CASE("money is read with and without its separators") {
    CHECK(number<std::int64_t>(Encoding::Money, "-$1,234.56") == -123456);
    CHECK(number<std::int64_t>(Encoding::Money, "$1,234.56") == 123456);
    CHECK(number<std::int64_t>(Encoding::Money, "1234.56") == 123456);
    CHECK(number<std::int64_t>(Encoding::Money, "-$92,233,720,368,547,758.08") == INT64_MIN);
}

TEST_CASE("the largest numeric keeps all of its digits") {
    std::string text(131072, '9');
    text += '.';
    text += std::string(16383, '9');
    const auto bytes = encode({Encoding::Numeric}, "-" + text);
    REQUIRE(bytes);
    CHECK(load_big_endian<std::int16_t>(bytes->data() + 2) == 32767);
    CHECK(load_big_endian<std::int16_t>(bytes->data() + 6) == 16383);
    CHECK(bytes->size() == 8 + 2 * (32768 + 4096));
    CHECK_FALSE(encode({Encoding::Numeric}, "9" + text));
    CHECK_FALSE(encode({Encoding::Numeric}, text + "9"));
}

TEST_CASE("a numeric's trailing zeros are kept as its scale") {
    CHECK(encode({Encoding::Numeric}, "1.500") == std::string("\0\2\0\0\0\0\0\3\0\1\x13\x88", 12));
    CHECK(encode({Encoding::Numeric}, "0.00") == std::string("\0\0\0\0\0\0\0\2", 8));
    CHECK(encode({Encoding::Numeric}, "10000") == std::string("\0\1\0\1\0\0\0\0\0\1", 10));
}

TEST_CASE("days go on without a gap through all years") {
    // Counting the days of each year with the calendar's own rule must give what the text gives.
    std::int64_t expected = *number<std::int32_t>(Encoding::Date, "4713-01-01 BC");
    for (int year = -4712; year <= 12000; ++year) {
        char text[32];
        if (year > 0) {
            std::snprintf(text, sizeof text, "%04d-01-01", year);
        } else {
            std::snprintf(text, sizeof text, "%04d-01-01 BC", 1 - year);
        }
        CAPTURE(text);
        REQUIRE(number<std::int32_t>(Encoding::Date, text) == expected);
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        expected += leap ? 366 : 365;
    }
}

TEST_CASE("a timestamp's offset is taken off, with minutes and seconds") {
    const auto utc = number<std::int64_t>(Encoding::Timestamp, "2020-05-05 12:00:00+00");
    CHECK(number<std::int64_t>(Encoding::Timestamp, "2020-05-05 12:00:00") == utc);
    CHECK(number<std::int64_t>(Encoding::Timestamp, "2020-05-05 17:30:00+05:30") == utc);
    CHECK(number<std::int64_t>(Encoding::Timestamp, "2020-05-05 08:29:08-03:30:52") == utc);
    CHECK(number<std::int64_t>(Encoding::Timestamp, "2020-05-05 12:00:00.000000+00") == utc);
    CHECK(number<std::int64_t>(Encoding::Timestamp, "infinity") == INT64_MAX);
    CHECK(number<std::int64_t>(Encoding::Timestamp, "-infinity") == INT64_MIN);
}

TEST_CASE("an interval's parts keep their own signs") {
    const auto bytes = encode({Encoding::Interval}, "-1 years -2 mons +3 days -04:05:06.789");
    REQUIRE(bytes);
    CHECK(load_big_endian<std::int64_t>(bytes->data()) == -14706789000);
    CHECK(load_big_endian<std::int32_t>(bytes->data() + 8) == 3);
    CHECK(load_big_endian<std::int32_t>(bytes->data() + 12) == -14);
}

TEST_CASE("an infinite interval of PostgreSQL 17 is read") {
    const auto bytes = encode({Encoding::Interval}, "-infinity");
    REQUIRE(bytes);
    CHECK(load_big_endian<std::int64_t>(bytes->data()) == INT64_MIN);
    CHECK(load_big_endian<std::int32_t>(bytes->data() + 12) == INT32_MIN);
}

TEST_CASE("an array that is not rectangular or not well formed is refused") {
    for (const char* text : {"",
                             "{",
                             "}",
                             "{1",
                             "{1,}",
                             "{,1}",
                             "{1}}",
                             "{{1},2}",
                             "{1,{2}}",
                             "{{1},{2,3}}",
                             "{{}}",
                             "{{},{}}",
                             "1",
                             "{a}",
                             "{1}x",
                             "[0:1]={1}",
                             "[1:0]={}",
                             "[0:0={1}",
                             "[0:0]{1}",
                             "[0:0]={{1}}",
                             "[:]={1}",
                             "[0:0]=",
                             "{{{{{{{1}}}}}}}",
                             "{\"1}",
                             "{\"1\"2}",
                             "{1;2}",
                             "{ 1}",
                             "{\"1\\",
                             "[-2147483648:2147483647]={1}",
                             "[0:0][0:0]={1}"}) {
        CAPTURE(text);
        CHECK_FALSE(encode(array_of(Encoding::Int4, pg_types::int4), text));
    }
    CHECK_FALSE(encode(array_of(Encoding::Text, pg_types::text), "{a\"b}"));
    CHECK_FALSE(encode(array_of(Encoding::Array, 0), "{1}"));
}

TEST_CASE("an array of boxes is separated by semicolons") {
    const auto bytes = encode(array_of(Encoding::Text, 603), "{(2,2),(1,1);(4,4),(3,3)}");
    REQUIRE(bytes);
    CHECK(load_big_endian<std::int32_t>(bytes->data() + 12) == 2);
}

TEST_CASE("random texts survive the quoting of an array") {
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        std::string text = "{";
        std::string expected;
        const auto count = 1 + random() % 5;
        for (unsigned i = 0; i < count; ++i) {
            std::string element;
            for (auto left = random() % 6; left > 0; --left) element += "\\\"{}, aN\n"[random() % 9];
            text += i == 0 ? "\"" : ",\"";
            for (const char c : element) {
                if (c == '"' || c == '\\') text += '\\';
                text += c;
            }
            text += '"';
            char length[4];
            store_big_endian(length, static_cast<std::int32_t>(element.size()));
            expected.append(length, 4).append(element);
        }
        text += '}';
        CAPTURE(text);
        const auto bytes = encode(array_of(Encoding::Text, pg_types::text), text);
        REQUIRE(bytes);
        REQUIRE(bytes->substr(20) == expected);
    }
}

TEST_CASE("no text makes an encoder write beyond its bound") {
    std::mt19937 random(5);
    static constexpr char alphabet[] = "0123456789-+.:,{}[]=\"\\ $eNaIinfytBCxdmos\xc3\x28";
    for (int kind = 0; kind <= static_cast<int>(Encoding::Array); ++kind) {
        for (int round = 0; round < 3000; ++round) {
            std::string text;
            for (auto left = random() % 40; left > 0; --left)
                text += alphabet[random() % (sizeof alphabet - 1)];
            if (random() % 2 == 0) text = "{" + text + "}";
            const auto element = static_cast<Encoding>(random() % static_cast<unsigned>(Encoding::Array));
            encode({static_cast<Encoding>(kind), element, 0}, text);
        }
    }
    SUCCEED();
}

TEST_CASE("an array of short elements stays within the bound") {
    for (int count = 1; count < 200; ++count) {
        for (const Encoding element :
             {Encoding::Interval, Encoding::Numeric, Encoding::Int2, Encoding::Jsonb}) {
            std::string text = "{";
            for (int i = 0; i < count; ++i) {
                if (i > 0) text += ',';
                text += element == Encoding::Interval ? "1 day" : "1";
            }
            REQUIRE(encode(array_of(element, 0), text + "}"));
        }
    }
}
