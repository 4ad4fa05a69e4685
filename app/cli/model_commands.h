// The commands under `tandem model`, one file each group. Thread rule: main thread.
#pragma once

#include <string>

#include "app/cli/command.h"
#include "app/library/library.h"

namespace tandem::cli {

void declare_model_list(CLI::App& model, CommandLine& line);
void declare_model_add(CLI::App& model, CommandLine& line);
void declare_model_info(CLI::App& model, CommandLine& line);    // info and verify
void declare_model_tokens(CLI::App& model, CommandLine& line);  // tokenize and detokenize
void declare_model_convert(CLI::App& model, CommandLine& line);
void declare_model_embed(CLI::App& model, CommandLine& line);
void declare_model_render(CLI::App& model, CommandLine& line);
void declare_model_logits(CLI::App& model, CommandLine& line);

// `model info` of a trained pairing's folder.
int show_pairing(Library& library, const std::string& folder, bool json);

}  // namespace tandem::cli
