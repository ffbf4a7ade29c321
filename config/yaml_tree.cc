#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

namespace walferry {
namespace {

constexpr const char* yaml_key = "yaml";

int line_of(const YAML::Mark& mark) {
    return mark.line < 0 ? 1 : mark.line + 1;
}

/// Builds the tree from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
    explicit TreeBuilder(ErrorLines& errors) : errors_(errors) {}

    std::shared_ptr<const YamlNode> take_root() { return std::exchange(root_, nullptr); }
    bool failed() const { return failed_; }
    int document_line() const { return document_line_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        document_line_ = line_of(mark);
        anchors_.clear();
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        close(anchor, node(YamlNode::Kind::Null, mark));
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string& value) override {
        const auto scalar = node(YamlNode::Kind::Scalar, mark);
        scalar->text = value;
        close(anchor, scalar);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            // yaml-cpp knows the anchor, so it is one that is still open.
            fail(mark, "an alias inside of what it stands for, allowed: aliases of what stands above");
            close(YAML::NullAnchor, node(YamlNode::Kind::Null, mark));
            return;
        }
        const auto copy = std::make_shared<YamlNode>(*found->second);
        copy->line = line_of(mark);
        close(YAML::NullAnchor, copy);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open_.push_back({node(YamlNode::Kind::Sequence, mark), anchor, nullptr});
    }
    void OnSequenceEnd() override { close_innermost(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open_.push_back({node(YamlNode::Kind::Map, mark), anchor, nullptr});
    }
    void OnMapEnd() override { close_innermost(); }

 private:
    struct Open {
        std::shared_ptr<YamlNode> node;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::shared_ptr<const YamlNode> key;  ///< of a map, while its value is awaited
    };

    static std::shared_ptr<YamlNode> node(YamlNode::Kind kind, const YAML::Mark& mark) {
        auto result = std::make_shared<YamlNode>();
        result->kind = kind;
        result->line = line_of(mark);
        return result;
    }

    void fail(const YAML::Mark& mark, const char* problem) {
        failed_ = true;
        errors_.add(line_of(mark), yaml_key, problem);
    }

    void close_innermost() {
        const Open closed = std::move(open_.back());
        open_.pop_back();
        close(closed.anchor, closed.node);
    }

    /// Puts a finished node where it belongs.
    void close(YAML::anchor_t anchor, const std::shared_ptr<YamlNode>& finished) {
        if (anchor != YAML::NullAnchor) anchors_[anchor] = finished;
        if (open_.empty()) {
            root_ = finished;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->kind == YamlNode::Kind::Sequence) {
            parent.node->items.push_back(finished);
        } else if (parent.key == nullptr) {
            parent.key = finished;
        } else {
            add_entry(parent, finished);
        }
    }

    void add_entry(Open& map, const std::shared_ptr<YamlNode>& value) {
        const std::shared_ptr<const YamlNode> key = std::exchange(map.key, nullptr);
        if (key->kind == YamlNode::Kind::Sequence || key->kind == YamlNode::Kind::Map) {
            failed_ = true;
            errors_.add(key->line, yaml_key, "a list or a map as a key, allowed: text as a key");
            return;
        }
        // The mark of an absent value is that of the next token, lines below.
        if (value->kind == YamlNode::Kind::Null) value->line = key->line;
        map.node->entries.push_back(
            {key->kind == YamlNode::Kind::Null ? "null" : key->text, key->line, value});
    }

    ErrorLines& errors_;
    bool failed_ = false;
    int document_line_ = 1;
    std::shared_ptr<const YamlNode> root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
};

}  // namespace

std::shared_ptr<const YamlNode> read_yaml(const std::string& text, ErrorLines& errors) {
    TreeBuilder builder(errors);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) return std::make_shared<YamlNode>();
        auto root = builder.take_root();
        if (parser.HandleNextDocument(builder)) {
            errors.add(builder.document_line(), yaml_key, "a second document, allowed: one document a file");
            return nullptr;
        }
        return builder.failed() ? nullptr : root;
    } catch (const YAML::Exception& error) {
        errors.add(line_of(error.mark), yaml_key, fmt::format("{}, allowed: YAML 1.2", error.msg));
        return nullptr;
    }
}

}  // namespace walferry
