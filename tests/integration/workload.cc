#include "tests/integration/workload.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>

namespace walferry::testing {

TransactionScript::TransactionScript(std::uint64_t seed, int session, bool truncates, int large_rows)
    : random_(seed * 1'000'003 + static_cast<std::uint64_t>(session)),
      session_(session),
      truncates_(truncates),
      large_rows_(session == 0 ? large_rows : 0) {}

int TransactionScript::own_id() {
    return session_ * 1'000'000 + static_cast<int>(below(random_, 300));
}

std::string TransactionScript::text(const char* kind) {
    if (below(random_, 10) == 0) return "NULL";
    return fmt::format("'{} {}'", kind, below(random_, 1'000'000));
}

/// Past the 8 kB page, so that it is stored out of line, and short enough sometimes not to be.
std::string TransactionScript::big_text() {
    if (below(random_, 8) == 0) return text("short");
    return fmt::format("repeat(md5('{}'), {})", below(random_, 1'000'000), 260 + below(random_, 200));
}

void TransactionScript::change_keyed(Statements& out) {
    const int id = own_id();
    const std::uint64_t what = below(random_, 10);
    switch (below(random_, 4)) {
        case 0:
            if (what < 4)
                out.push_back(fmt::format(
                    "INSERT INTO single_key VALUES ({}, 'name {}', {}.{:02}, {}) ON CONFLICT DO NOTHING", id,
                    below(random_, 1000), below(random_, 100000), below(random_, 100), text("note")));
            else if (what < 7)
                out.push_back(
                    fmt::format("UPDATE single_key SET note = {} WHERE id = {}", text("changed"), id));
            else if (what < 8)
                out.push_back(
                    fmt::format("UPDATE single_key s SET id = {0} WHERE id = {1} AND NOT EXISTS (SELECT FROM "
                                "single_key WHERE id = {0})",
                                own_id(), id));
            else
                out.push_back(fmt::format("DELETE FROM single_key WHERE id = {}", id));
            return;
        case 1:
            if (what < 5)
                out.push_back(fmt::format(
                    "INSERT INTO composite_key VALUES ({}, 'b{}', {}, {}) ON CONFLICT (a, b) DO UPDATE "
                    "SET v = excluded.v, n = composite_key.n + 1",
                    id, id % 7, text("v"), below(random_, 100)));
            else if (what < 8)
                out.push_back(
                    fmt::format("UPDATE composite_key SET b = b || '*' WHERE a = {} AND length(b) < 6", id));
            else
                out.push_back(fmt::format("DELETE FROM composite_key WHERE a = {}", id));
            return;
        case 2:
            if (what < 6)
                out.push_back(
                    fmt::format("INSERT INTO text_key VALUES ('Code {0}''s \"{0}\"', {1}) ON CONFLICT (code) "
                                "DO UPDATE SET v "
                                "= excluded.v",
                                id, static_cast<double>(below(random_, 100000)) / 7));
            else
                out.push_back(fmt::format("DELETE FROM text_key WHERE code LIKE 'Code {}%'", id));
            return;
        default:
            if (what < 6)
                out.push_back(fmt::format(
                    "INSERT INTO uuid_key VALUES (md5('{}')::uuid, '{{\"n\": {}.50}}', '2024-01-01 "
                    "00:00:00+00'::timestamptz + {} * interval '1 ms') ON CONFLICT (id) DO UPDATE SET v = "
                    "excluded.v",
                    id, below(random_, 1000), below(random_, 1'000'000)));
            else
                out.push_back(fmt::format("DELETE FROM uuid_key WHERE id = md5('{}')::uuid", id));
    }
}

void TransactionScript::change_wide(Statements& out) {
    const int id = own_id();
    switch (below(random_, 8)) {
        case 0:
        case 1:
            out.push_back(fmt::format(
                "INSERT INTO wide (id, small, big_1, big_2, big_3, c_1, c_6, c_8) VALUES ({}, {}, {}, {}, "
                "convert_to({}, 'UTF8'), {}, {}, {}) ON CONFLICT DO NOTHING",
                id, below(random_, 1000), big_text(), big_text(), big_text(), text("c"), below(random_, 1000),
                text("c")));
            break;
        case 2:
        case 3:
            out.push_back(fmt::format("UPDATE wide SET small = coalesce(small, 0) + 1 WHERE id = {}", id));
            break;
        case 4:
            out.push_back(fmt::format("UPDATE wide SET big_1 = {}, c_3 = {} WHERE id = {}", big_text(),
                                      below(random_, 100), id));
            break;
        case 5:
            out.push_back(fmt::format(
                "UPDATE wide SET id = {0} WHERE id = {1} AND NOT EXISTS (SELECT FROM wide WHERE id = {0})",
                own_id(), id));
            break;
        case 6:
            out.push_back(fmt::format("UPDATE full_keyed SET small = small + 1 WHERE id = {}", id));
            out.push_back(fmt::format(
                "INSERT INTO full_keyed VALUES ({}, 0, {}) ON CONFLICT (id) DO UPDATE SET small = 7", id,
                big_text()));
            break;
        default:
            out.push_back(fmt::format("DELETE FROM wide WHERE id = {}", id));
            out.push_back(fmt::format("UPDATE full_keyed SET id = -id WHERE id = {}", id));
            out.push_back(fmt::format("DELETE FROM full_keyed WHERE id = -{}", id));
    }
}

void TransactionScript::change_full(Statements& out) {
    const std::uint64_t a = below(random_, 5);
    const std::string row =
        fmt::format("{}, {}, {}", a == 0 ? "NULL" : std::to_string(a), below(random_, 2) ? "'same'" : "NULL",
                    below(random_, 2) ? "1.50" : "1.5");
    const std::string one =
        fmt::format("ctid = (SELECT ctid FROM full_no_key WHERE a IS NOT DISTINCT FROM {} LIMIT 1)",
                    a == 0 ? "NULL::integer" : std::to_string(a));
    switch (below(random_, 6)) {
        case 0:
            out.push_back(fmt::format("INSERT INTO full_no_key VALUES ({0}), ({0})", row));
            break;
        case 1:
            out.push_back(fmt::format("INSERT INTO full_no_key VALUES ({}, {})", row, big_text()));
            break;
        case 2:
            out.push_back("UPDATE full_no_key SET b = " + text("b") + " WHERE " + one);
            break;
        case 3:
            out.push_back("DELETE FROM full_no_key WHERE " + one);
            break;
        case 4:
            out.push_back(
                fmt::format("INSERT INTO by_index VALUES ({0}, 'code {0}', {1}, {2}) ON CONFLICT DO NOTHING",
                            own_id(), session_, text("v")));
            break;
        default:
            out.push_back(fmt::format("UPDATE by_index SET v = {} WHERE part = {} AND code = 'code {}'",
                                      text("v"), session_, own_id()));
            out.push_back(
                fmt::format("UPDATE by_index SET code = code || '+' WHERE part = {} AND code = 'code {}'",
                            session_, own_id()));
            out.push_back(fmt::format("DELETE FROM by_index WHERE part = {} AND code = 'code {}+'", session_,
                                      own_id()));
    }
}

void TransactionScript::change_parted(Statements& out) {
    const int id = own_id();
    const std::uint64_t region = below(random_, 4);
    switch (below(random_, 4)) {
        case 0:
        case 1:
            out.push_back(fmt::format("INSERT INTO parted VALUES ({}, {}, {}) ON CONFLICT DO NOTHING", id,
                                      region, text("v")));
            break;
        case 2:
            out.push_back(
                fmt::format("UPDATE parted p SET region = {0} WHERE id = {1} AND NOT EXISTS (SELECT FROM "
                            "parted WHERE id = "
                            "{1} AND region = {0})",
                            region, id));
            break;
        default:
            out.push_back(fmt::format("DELETE FROM parted WHERE id = {} AND region = {}", id, region));
    }
}

void TransactionScript::change_exotic(Statements& out) {
    const int id = own_id();
    switch (below(random_, 4)) {
        case 0:
        case 1:
            out.push_back(fmt::format("INSERT INTO exotic VALUES ({}, {}) ON CONFLICT DO NOTHING", id,
                                      exotic_values(random_)));
            break;
        case 2:
            out.push_back(fmt::format("UPDATE exotic SET {} WHERE id % 10 = {}", exotic_assignment(random_),
                                      below(random_, 10)));
            break;
        default:
            out.push_back(fmt::format("DELETE FROM exotic WHERE id = {}", id));
    }
}

void TransactionScript::change_weird(Statements& out) {
    const std::string table = "\"Odd Schema\".\"Weird \"\"Table\"";
    const int id = own_id();
    if (below(random_, 4) == 0)
        out.push_back(fmt::format("DELETE FROM {} WHERE \"Id\" = {}", table, id));
    else
        out.push_back(fmt::format(
            "INSERT INTO {} VALUES ({}, {}, {}, {}, {}) ON CONFLICT (\"Id\") DO UPDATE SET \"select\" = "
            "excluded.\"select\", \"naïve\"\"col\" = excluded.\"naïve\"\"col\"",
            table, id, text("s"), text("w"), below(random_, 1000), text("U")));
}

void TransactionScript::change_counters(Statements& out) {
    out.push_back(fmt::format("UPDATE counters SET n = n + 1 WHERE id = {}", 1 + below(random_, 10)));
}

void TransactionScript::change(Statements& out) {
    using Change = void (TransactionScript::*)(Statements&);
    constexpr Change changes[] = {&TransactionScript::change_keyed,   &TransactionScript::change_keyed,
                                  &TransactionScript::change_keyed,   &TransactionScript::change_wide,
                                  &TransactionScript::change_wide,    &TransactionScript::change_full,
                                  &TransactionScript::change_full,    &TransactionScript::change_parted,
                                  &TransactionScript::change_exotic,  &TransactionScript::change_weird,
                                  &TransactionScript::change_counters};
    (this->*changes[below(random_, std::size(changes))])(out);
}

/// Two rows trade their keys through a value that nobody has.
void TransactionScript::swap_keys(Statements& out) {
    const int one = own_id();
    const int other = own_id();
    const char* table = below(random_, 2) ? "single_key" : "wide";
    out.push_back(fmt::format("INSERT INTO {0} (id{3}) VALUES ({1}{4}), ({2}{4}) ON CONFLICT DO NOTHING",
                              table, one, other + (one == other), table[0] == 's' ? ", name" : "",
                              table[0] == 's' ? ", 'swapped'" : ""));
    out.push_back(fmt::format("UPDATE {} SET id = {} WHERE id = {}", table, -1 - session_, one));
    out.push_back(fmt::format("UPDATE {} SET id = {} WHERE id = {}", table, one, other));
    out.push_back(fmt::format("UPDATE {} SET id = {} WHERE id = {}", table, other, -1 - session_));
}

/// A chain: every row takes the key of its neighbour, the last first.
void TransactionScript::shift_keys(Statements& out) {
    const int base = session_ * 1'000'000 + 500'000;
    out.push_back(fmt::format("DELETE FROM single_key WHERE id BETWEEN {} AND {}", base, base + 50));
    out.push_back(fmt::format(
        "INSERT INTO single_key SELECT {} + g, 'chain ' || g FROM generate_series(1, 5) g", base));
    for (int step = 5; step > 0; --step)
        out.push_back(fmt::format("UPDATE single_key SET id = id + 1, note = 'step {}' WHERE id = {}", step,
                                  base + step));
    out.push_back(fmt::format("UPDATE single_key SET id = {0} + 20 WHERE id = {0} + 4", base));
    out.push_back(fmt::format("INSERT INTO single_key VALUES ({} + 4, 'again')", base));
}

void TransactionScript::insert_delete_insert(Statements& out) {
    const int id = own_id();
    for (int round = 0; round < 2; ++round) {
        out.push_back(fmt::format("DELETE FROM single_key WHERE id = {}", id));
        out.push_back(fmt::format("INSERT INTO single_key VALUES ({}, 'round {}', {})", id, round,
                                  below(random_, 1000)));
    }
    if (below(random_, 2)) out.push_back(fmt::format("DELETE FROM single_key WHERE id = {}", id));
}

void TransactionScript::nest(Statements& out) {
    change(out);
    out.push_back("SAVEPOINT outer_one");
    change(out);
    out.push_back("SAVEPOINT inner_one");
    change(out);
    out.push_back(below(random_, 2) ? "ROLLBACK TO inner_one" : "RELEASE inner_one");
    change(out);
    if (below(random_, 2)) out.push_back("ROLLBACK TO outer_one");
    change(out);
}

void TransactionScript::truncate(Statements& out) {
    static constexpr const char* lists[] = {"composite_key, text_key", "parted", "uuid_key",
                                            "full_no_key, by_index",
                                            "\"Odd Schema\".\"Weird \"\"Table\", wide"};
    change(out);
    out.push_back(std::string("TRUNCATE ") + lists[below(random_, std::size(lists))]);
    change(out);
    change(out);
}

void TransactionScript::bulk(Statements& out, std::uint64_t rows) {
    const int base = session_ * 1'000'000 + 600'000;
    out.push_back(
        fmt::format("INSERT INTO single_key SELECT g, 'bulk ' || g, g % 1000, md5(g::text) FROM "
                    "generate_series({}, {}) g ON "
                    "CONFLICT DO NOTHING",
                    base, base + rows));
    out.push_back(
        fmt::format("UPDATE single_key SET amount = amount + {} WHERE id BETWEEN {} AND {} AND id % 3 = 0",
                    below(random_, 100), base, base + rows));
    out.push_back(fmt::format("DELETE FROM single_key WHERE id BETWEEN {} AND {} AND id % 2 = {}", base,
                              base + rows, below(random_, 2)));
}

std::vector<std::string> TransactionScript::next() {
    Statements out = {"BEGIN"};
    ++count_;
    const std::uint64_t kind = below(random_, 100);
    if (large_rows_ && count_ == 12)
        bulk(out, static_cast<std::uint64_t>(large_rows_));
    else if (kind < 6)
        swap_keys(out);
    else if (kind < 9)
        shift_keys(out);
    else if (kind < 14)
        insert_delete_insert(out);
    else if (kind < 22)
        nest(out);
    else if (kind < 24 && truncates_)
        truncate(out);
    else if (kind < 27)
        bulk(out, 100 + below(random_, 500));
    else
        for (std::uint64_t left = 1 + below(random_, 8); left; --left) change(out);
    out.push_back(below(random_, 20) == 0 ? "ROLLBACK" : "COMMIT");
    return out;
}

}  // namespace walferry::testing
