#include "dlq/dead_letter.h"

#include <array>
#include <utility>

namespace walferry {

namespace {

template <class Value, std::size_t count>
using Names = std::array<std::pair<Value, std::string_view>, count>;

constexpr Names<DeadLetterStage, 4> stage_names{{
    {DeadLetterStage::Decode, "decode"},
    {DeadLetterStage::Map, "map"},
    {DeadLetterStage::Contract, "contract"},
    {DeadLetterStage::Apply, "apply"},
}};

constexpr Names<DeadLetterState, 4> state_names{{
    {DeadLetterState::Pending, "pending"},
    {DeadLetterState::Replayed, "replayed"},
    {DeadLetterState::Superseded, "superseded"},
    {DeadLetterState::Discarded, "discarded"},
}};

template <class Value, std::size_t count>
std::string_view name_of(const Names<Value, count>& names, Value value) {
    for (const auto& [known, name] : names) {
        if (known == value) return name;
    }
    return {};
}

template <class Value, std::size_t count>
std::optional<Value> named(const Names<Value, count>& names, std::string_view text) {
    for (const auto& [value, name] : names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(DeadLetterStage stage) {
    return name_of(stage_names, stage);
}

std::optional<DeadLetterStage> parse_dead_letter_stage(std::string_view text) {
    return named(stage_names, text);
}

std::string_view to_string(DeadLetterState state) {
    return name_of(state_names, state);
}

std::optional<DeadLetterState> parse_dead_letter_state(std::string_view text) {
    return named(state_names, text);
}

std::optional<DeadLetterOp> parse_dead_letter_op(std::string_view text) {
    if (text.size() != 1 || std::string_view("cudtr").find(text[0]) == std::string_view::npos)
        return std::nullopt;
    return static_cast<DeadLetterOp>(text[0]);
}

DeadLetterOp op_of(ChangeKind kind) {
    return static_cast<DeadLetterOp>(kind);
}

}  // namespace walferry
