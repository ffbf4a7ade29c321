#include "capture/pgoutput/message_writer.h"

#include <cassert>
#include <concepts>

#include "model/byte_order.h"

namespace walferry {

namespace {

template <std::integral T>
void append(std::string& message, T number) {
    char bytes[sizeof number];
    store_big_endian(bytes, number);
    message.append(bytes, sizeof bytes);
}

void append_row(std::string& message, char marker, TupleData row) {
    message.push_back(marker);
    append(message, static_cast<std::int16_t>(row.size()));
    for (const ColumnValue& value : row) {
        switch (value.kind) {
            case ValueKind::Null:
                message.push_back('n');
                continue;
            case ValueKind::UnchangedToast:
                message.push_back('u');
                continue;
            case ValueKind::Text:
                message.push_back('t');
                break;
            case ValueKind::Binary:
                message.push_back('b');
                break;
        }
        append(message, static_cast<std::int32_t>(value.bytes.size()));
        message.append(value.bytes);
    }
}

char letter_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::Insert:
            return 'I';
        case ChangeKind::Update:
            return 'U';
        case ChangeKind::Delete:
            return 'D';
        case ChangeKind::Truncate:
            break;
    }
    assert(false && "a truncate has no row, and names relations that its event does not know");
    return 'T';
}

}  // namespace

void write_change_message(const ChangeEvent& event, std::string& message) {
    message.push_back(letter_of(event.kind));
    append(message, event.relation->id);
    if (event.before) append_row(message, event.before_is_full ? 'O' : 'K', *event.before);
    if (event.kind != ChangeKind::Delete) append_row(message, 'N', event.after);
}

void write_truncate_message(const Relation& relation, std::string& message) {
    message.push_back('T');
    append(message, std::int32_t{1});
    message.push_back('\0');  // neither CASCADE nor RESTART IDENTITY
    append(message, relation.id);
}

}  // namespace walferry
