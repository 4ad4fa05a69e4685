#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {

StreamDecoder::StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), stream_(tokenizer_->stream()) {}

std::string StreamDecoder::push(TokenId id) {
    if (stream_) {
        return stream_->push(id);
    }
    if (!tokenizer_->is_special(id)) {
        pending_ += tokenizer_->piece(id);
    }
    const std::size_t whole = pending_.size() - unicode::unfinished_tail(pending_);
    std::string text = unicode::valid_utf8(std::string_view(pending_).substr(0, whole));
    pending_.erase(0, whole);
    return text;
}

std::string StreamDecoder::finish() {
    if (stream_) {
        std::string text = stream_->finish();
        stream_ = tokenizer_->stream();
        return text;
    }
    std::string text = unicode::valid_utf8(pending_);
    pending_.clear();
    return text;
}

}  // namespace tandem
