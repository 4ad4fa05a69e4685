// Any bytes as a SentencePiece model, both as libsentencepiece reads it and as the tokenizer classes take it apart;
// what is accepted must encode and decode any text without harm.
#include <cstdlib>

#include "engine/api/utf8.h"
#include "engine/tokenizer/piece_encoder.h"
#include "engine/tokenizer/sentencepiece_classes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem;
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    const std::string sample = repaired_utf8({reinterpret_cast<const char*>(data), size < 256 ? size : 256});
    if (const auto encoder = PieceEncoder::create(bytes, "fuzz"); encoder.ok()) {
        for (const std::string& text : {std::string("Hello  world \xEF\xAC\x83\n"), sample}) {
            (void)(*encoder)->decode((*encoder)->encode(text));
        }
    }
    const auto file = SentencePieceFile::read(bytes, "fuzz");
    if (!file.ok() || file->pieces.size() > 100000) {
        return 0;
    }
    const FolderSettings settings;
    for (const TokenizerClass which :
         {TokenizerClass::backend, TokenizerClass::gemma, TokenizerClass::llama, TokenizerClass::mbart,
          TokenizerClass::nllb, TokenizerClass::pegasus, TokenizerClass::t5, TokenizerClass::xlm_roberta}) {
        FolderHints hints;
        const auto tree = sentencepiece_tree(which, *file, settings, hints);
        if (!tree.ok()) {
            continue;
        }
        const auto tokenizer = tokenizer_from_tree(*tree, "fuzz", hints);
        if (!tokenizer.ok()) {
            continue;
        }
        for (const TokenId id : (*tokenizer)->encode(sample)) {
            if (id < 0 || id >= (*tokenizer)->vocab_size()) {
                std::abort();
            }
        }
    }
    return 0;
}
