#include "model/array_text.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

/// Writes the elements of an array of one dimension.
class Elements {
 public:
    Elements(const ValueFormat& format, ValueSink& sink) : format_(format), sink_(sink) {}

    void shape(int dimensions) {
        flat_ = dimensions <= 1;
        if (flat_) sink_.begin_array();
        if (dimensions == 0) sink_.end_array();
    }
    void open() {}
    void separate() {}
    void close() {
        if (flat_) sink_.end_array();
    }
    void null() {
        if (!flat_) return;
        sink_.item();
        sink_.null();
    }
    bool element(std::string_view text) {
        if (!flat_) return true;
        sink_.item();
        const Carried carried = format_.element(*format_.element_format, text, sink_);
        if (carried == Carried::Not) sink_.null();
        if (carried == Carried::OutOfRange) out_of_range_ = true;
        return carried == Carried::Whole || carried == Carried::Not;
    }

    bool flat() const { return flat_; }
    bool out_of_range() const { return out_of_range_; }

 private:
    const ValueFormat& format_;
    ValueSink& sink_;
    bool flat_ = true;
    bool out_of_range_ = false;
};

}  // namespace

Carried write_array(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    Elements elements(format, sink);
    const bool whole = ArrayText<Elements>(',', text, elements).read();
    if (elements.out_of_range()) return Carried::OutOfRange;
    if (!whole) return Carried::Invalid;
    return elements.flat() ? Carried::Whole : Carried::Not;
}

}  // namespace walferry::publish
