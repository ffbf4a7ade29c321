#include <fmt/format.h>

#include <cassert>

#include "capture/snapshot/copy_select.h"
#include "capture/snapshot/copy_stream.h"
#include "capture/snapshot/snapshot_connection.h"
#include "capture/snapshot/snapshot_reader.h"

namespace walferry {
namespace {

struct MessageDeleter {
    void operator()(char* message) const { PQfreemem(message); }
};

/// After an error the transaction is a failed one: the reader is then of no more use.
class PostgresCopyReader : public CopyReader {
 public:
    explicit PostgresCopyReader(std::unique_ptr<SnapshotConnection> connection)
        : connection_(std::move(connection)) {}

    Status start(const SourceTable& table, const CopyChunk& chunk,
                 const std::vector<bool>& as_text) override {
        assert(!stream_ && "the chunk before must have been read to its end");
        name_ = fmt::format("{}.{}", chunk.schema, chunk.name);
        const PgResult result(PQexec(connection_->get(), copy_select(table, chunk, as_text).c_str()));
        if (PQresultStatus(result.get()) != PGRES_COPY_OUT)
            return connection_->error(result.get()).in("copying " + name_);
        stream_.emplace(table.columns.size());
        return success();
    }

    Result<std::optional<std::string_view>> next() override {
        if (!stream_) return std::optional<std::string_view>();
        while (true) {
            Result<std::optional<std::string_view>> row = stream_->row();
            if (!row) return row.error().in("copying " + name_);
            if (row.value()) return row;
            char* bytes = nullptr;
            const int size = PQgetCopyData(connection_->get(), &bytes, 0);
            if (size < 0) return finish(size);
            // The stream first copies what it still needs of the message before, which is freed only then.
            const std::unique_ptr<char, MessageDeleter> former =
                std::exchange(message_, std::unique_ptr<char, MessageDeleter>(bytes));
            stream_->add({bytes, static_cast<std::size_t>(size)});
        }
    }

    void interrupt() override { connection_->interrupt(); }

 private:
    Result<std::optional<std::string_view>> finish(int outcome) {
        const bool ended = stream_->ended();
        stream_.reset();
        if (outcome == -2) return connection_->error(nullptr).in("copying " + name_);
        std::optional<Error> error;
        bool complete = false;
        while (PgResult result{PQgetResult(connection_->get())}) {
            complete = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
            if (!complete && !error) error = connection_->error(result.get()).in("copying " + name_);
        }
        if (error) return *error;
        if (!complete) return connection_->error(nullptr).in("copying " + name_);
        if (!ended)
            return Error{.kind = ErrorKind::Protocol,
                         .message = "binary COPY stream of " + name_ + " ended without its trailer",
                         .way_out = {},
                         .sqlstate = {}};
        return std::optional<std::string_view>();
    }

    std::unique_ptr<SnapshotConnection> connection_;
    std::string name_;
    std::optional<CopyStream> stream_;
    std::unique_ptr<char, MessageDeleter> message_;
};

}  // namespace

Result<std::unique_ptr<CopyReader>> open_copy_reader(const std::string& connection,
                                                     const std::string& snapshot_name) {
    WALFERRY_TRY(session, SnapshotConnection::open(connection));
    WALFERRY_TRYV(session->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    WALFERRY_TRYV(session->import(snapshot_name));
    return std::unique_ptr<CopyReader>(std::make_unique<PostgresCopyReader>(std::move(session)));
}

}  // namespace walferry
