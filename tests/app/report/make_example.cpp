// Fills a database with example results, to look at reports by hand: make_example FILE.db 1|12|60
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/app/report/example_results.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: make_example FILE.db 1|12|60\n";
        return 2;
    }
    tandem::report_test::ExampleShape shape;
    const std::string_view trials = argv[2];
    if (trials == "1") {
        shape.dtypes = {"native"};
        shape.prompt_tokens = {256};
        shape.answers = shape.failures = false;
    } else if (trials == "12") {
        shape.dtypes = {"f32", "bf16", "native"};
        shape.prompt_tokens = {64, 256};
        shape.seeds = {1, 2};
        shape.baseline = true;
        shape.new_tokens = 48;
    } else {
        shape.dtypes = {"f32", "bf16", "int8", "int4", "native"};
        shape.prompt_tokens = {16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024};
        shape.new_tokens = 128;
    }
    if (const auto stored = tandem::report_test::store_example(argv[1], shape); !stored) {
        std::cerr << stored.error().to_string() << '\n';
        return 2;
    }
    return 0;
}
