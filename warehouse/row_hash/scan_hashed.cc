#include "warehouse/row_hash/value_form.h"
#include "warehouse/warehouse.h"

namespace walferry {

Status WarehouseSession::scan_hashed(const std::string&, std::span<const HashedColumn>, std::size_t,
                                     const TakeHashedRows&) {
    return Error{ErrorKind::Internal, "this warehouse hashes its rows by SQL", "", ""};
}

}  // namespace walferry
