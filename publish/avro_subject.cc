#include "publish/avro_subject.h"

#include <cassert>
#include <utility>

#include "model/byte_order.h"

namespace walferry::publish {

AvroSubject::AvroSubject(std::string subject, const ConnectSchema& schema)
    : subject_(std::move(subject)), schema_(avro_schema_text(schema)), shape_(avro_shape(schema)) {}

Status AvroSubject::prepare(SchemaRegistrar& registrar) {
    if (!head_.empty()) return success();
    WALFERRY_TRYV(schema_);
    WALFERRY_TRY(id, registrar.id_of(subject_, schema_.value()));
    head_.assign(1 + sizeof id, '\0');
    store_big_endian(head_.data() + 1, id);
    return success();
}

void AvroSubject::begin(std::string& to, AvroSink& sink) const {
    assert(!head_.empty());
    to += head_;
    sink.begin(shape_);
}

}  // namespace walferry::publish
