// Any bytes as a chat template; what is accepted must render or fail within its bounds.
#include <cstdlib>

#include "engine/api/utf8.h"
#include "engine/tokenizer/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem;
    const auto parsed = ChatTemplate::parse({reinterpret_cast<const char*>(data), size});
    if (!parsed.ok()) {
        return 0;
    }
    const auto text = parsed->render({{"system", "Be brief."}, {"user", "Hi \xF0\x9F\x99\x82"}, {"assistant", "<a>"}},
                                     {.bos_token = "<s>", .eos_token = "</s>"});
    if (text.ok() && find_invalid_utf8(*text)) {
        std::abort();
    }
    return 0;
}
