// Any bytes as tokenizer.json; what is accepted must encode, decode and stream any text without harm.
#include <cstdlib>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto tokenizer = tokenizer_from_json(text, "fuzz");
    if (!tokenizer.ok()) {
        return 0;
    }
    for (const std::string_view sample :
         {std::string_view("Hello  world's 123\n\xC3\xA9\xF0\x9F\x99\x82<s>"), text.substr(0, 256)}) {
        const std::vector<TokenId> ids = (*tokenizer)->encode(sample);
        StreamDecoder stream(*tokenizer);
        std::string streamed;
        for (const TokenId id : ids) {
            if (id < 0 || id >= (*tokenizer)->vocab_size()) {
                std::abort();
            }
            streamed += stream.push(id);
        }
        streamed += stream.finish();
        if (streamed != (*tokenizer)->decode(ids) || find_invalid_utf8(streamed)) {
            std::abort();
        }
    }
    return 0;
}
