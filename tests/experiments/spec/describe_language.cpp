// Rewrites what docs/formats has from the declarations. `describe_language docs/formats`.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "experiments/spec/spec.h"
#include "tests/experiments/spec/language_docs.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "name the folder docs/formats\n";
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    std::ifstream stream(folder / "experiment.md", std::ios::binary);
    const std::string page = tandem::test::with_knob_tables({std::istreambuf_iterator<char>(stream), {}});
    if (page.empty()) {
        std::cerr << (folder / "experiment.md").string() << " is not there or has no marks for the tables of knobs\n";
        return 2;
    }
    stream.close();
    std::ofstream(folder / "experiment.md", std::ios::binary) << page;
    std::ofstream(folder / "experiment.schema.json", std::ios::binary) << tandem::experiment_json_schema();
    return 0;
}
