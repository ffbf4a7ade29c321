#include "service/dead_letter_view.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

DeadLetter refused_row() {
    DeadLetter letter;
    letter.id = 17;
    letter.stage = DeadLetterStage::Contract;
    letter.error_code = "range";
    letter.error = "total is 5, below 10";
    letter.source_table = "public.orders";
    letter.target_table = "raw.orders";
    letter.op = DeadLetterOp::Update;
    letter.key = R"({"z":"1","a":"2"})";
    letter.before = R"({"z":"1","a":"2","total":null})";
    letter.after = R"({"z":"1","a":"2","total":"5"})";
    letter.sequence = {*parse_lsn("16/B374D848"), 3};
    letter.created_at = 1'500'000;
    letter.last_attempt_at = 2'500'000;
    return letter;
}

}  // namespace

TEST_CASE("a letter's JSON has every column of the control table, and what is pinned beside them") {
    const auto json = letter_json(refused_row(), "shop");
    for (const char* name : {"id",           "pipeline",     "created_at",
                             "stage",        "error_code",   "error",
                             "source_table", "target_table", "op",
                             "key",          "before",       "after",
                             "commit_lsn",   "seq",          "xid",
                             "commit_ts",    "topic",        "kafka_partition",
                             "kafka_offset", "attempts",     "last_attempt_at",
                             "state",        "table",        "lsn",
                             "payload"}) {
        CAPTURE(name);
        CHECK(json.contains(name));
    }
    CHECK(json["id"] == 17);
    CHECK(json["pipeline"] == "shop");
    CHECK(json["table"] == "public.orders");
    CHECK(json["key"].dump() == R"({"z":"1","a":"2"})");
    CHECK(json["op"] == "u");
    CHECK(json["lsn"] == "16/B374D848");
    CHECK(json["stage"] == "contract");
    CHECK(json["state"] == "pending");
    CHECK(json["attempts"] == 1);
    CHECK(json["created_at"] == "2000-01-01T00:00:01.500000Z");
    CHECK(json["payload"].dump() ==
          R"({"before":{"z":"1","a":"2","total":null},"after":{"z":"1","a":"2","total":"5"}})");
    CHECK(json["xid"].is_null());
    CHECK(json["topic"].is_null());
}

TEST_CASE("what a reader counts on is there for a letter without row, too") {
    DeadLetter letter;
    letter.error = "unreadable";
    letter.topic = "shop.public.t";
    const auto json = letter_json(letter, "shop");
    for (const char* name :
         {"id", "table", "key", "op", "lsn", "stage", "error", "attempts", "created_at", "payload"}) {
        CAPTURE(name);
        CHECK_FALSE(json[name].is_null());
    }
    CHECK(json["table"] == "shop.public.t");
    CHECK(json["key"].is_object());
    CHECK(json["payload"].dump() == R"({"before":null,"after":null})");
}

TEST_CASE("JSON that somebody broke by hand is shown as it is") {
    DeadLetter letter = refused_row();
    letter.after = "{broken";
    CHECK(letter_json(letter, "shop")["after"] == "{broken");
}

TEST_CASE("the list has a line for each letter, and a letter's text all of its values") {
    auto letters = nlohmann::ordered_json::array();
    letters.push_back(letter_json(refused_row(), "shop"));
    const std::string list = letters_text(letters);
    CHECK(list.find("17") != std::string::npos);
    CHECK(list.find(R"({"z":"1","a":"2"})") != std::string::npos);
    CHECK(list.find("(1 row)") != std::string::npos);
    const std::string text = letter_text(letters[0]);
    CHECK(text.find("total = NULL") != std::string::npos);
    CHECK(text.find("total = \"5\"") != std::string::npos);
    CHECK(text.find("raw.orders") != std::string::npos);
}

TEST_CASE("a replay's line says what became of the letter") {
    const auto results = results_json({{1, "public.t", R"({"id":"1"})", ReplayVerdict::Replayed, ""},
                                       {2, "public.t", R"({"id":"2"})", ReplayVerdict::Superseded, ""},
                                       {3, "public.t", R"({"id":"3"})", ReplayVerdict::Refused, "no room"}});
    CHECK(results_text(results) ==
          "1 public.t {\"id\":\"1\"} → replayed\n"
          "2 public.t {\"id\":\"2\"} → superseded\n"
          "3 public.t {\"id\":\"3\"} → still refused: no room\n");
    CHECK(has_refused(results));
    CHECK_FALSE(has_refused(results_json({{1, "t", "{}", ReplayVerdict::Superseded, ""}})));
}

TEST_CASE("a filter survives the way through a URL") {
    DeadLetterFilter filter;
    filter.ids = {5, 7};
    filter.table = "public.o?d&r=*ä";
    filter.stage = DeadLetterStage::Map;
    filter.state.reset();
    filter.since = 1'500'000;
    const std::string query = filter_query(filter, "16/B374D848,3,17");
    CHECK(query ==
          "ids=5%2C7&table=public.o%3Fd%26r%3D%2A%C3%A4&stage=map&state=any&since=2000-01-01T00%3A00%3A01."
          "500000Z&after=16%2FB374D848%2C3%2C17");
    const auto read = parse_filter_query({{"ids", "5,7"},
                                          {"table", filter.table},
                                          {"stage", "map"},
                                          {"state", "any"},
                                          {"since", "2000-01-01T00:00:01.500000Z"},
                                          {"after", "16/B374D848,3,17"}},
                                         0);
    REQUIRE(read);
    CHECK(read.value().filter.ids == filter.ids);
    CHECK(read.value().filter.table == filter.table);
    CHECK(read.value().filter.stage == DeadLetterStage::Map);
    CHECK_FALSE(read.value().filter.state);
    CHECK(read.value().filter.since == 1'500'000);
    REQUIRE(read.value().after);
    CHECK(to_string(*read.value().after) == "16/B374D848,3,17");
}

TEST_CASE("without parameters the open letters are meant, and a wrong parameter is named") {
    CHECK(parse_filter_query({}, 0).value().filter.state == DeadLetterState::Pending);
    for (const auto& wrong : QueryParameters{{"ids", "1,x"},
                                             {"stage", "late"},
                                             {"state", "open"},
                                             {"since", "x"},
                                             {"until", ""},
                                             {"after", "1"},
                                             {"after", "0/1,2"},
                                             {"tabel", "t"}}) {
        const auto read = parse_filter_query({wrong}, 0);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::Data);
        CHECK(read.error().message.find(wrong.first + "=" + wrong.second) != std::string::npos);
    }
}
