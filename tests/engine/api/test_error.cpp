#include <gtest/gtest.h>

#include "engine/api/error.h"
#include "engine/api/job.h"
#include "engine/api/result.h"

namespace tandem {
namespace {

TEST(Error, says_code_message_place_and_cause_on_one_line) {
    Error inner{.code = "ST_TOO_SHORT",
                .message = "need 8 bytes, file has 7",
                .where = "a.safetensors: byte 0",
                .kind = ErrorKind::io};
    Error outer = wrap(Error{.code = "MODEL_LOAD", .message = "cannot load the model"}, inner);
    EXPECT_EQ(
        outer.to_string(),
        "MODEL_LOAD: cannot load the model; because ST_TOO_SHORT: need 8 bytes, file has 7, at a.safetensors: byte 0");
    EXPECT_EQ(outer.kind, ErrorKind::io);
}

TEST(Error, kind_names_are_read_back) {
    for (auto kind : {ErrorKind::bad_input, ErrorKind::io, ErrorKind::unsupported, ErrorKind::out_of_memory,
                      ErrorKind::cancelled, ErrorKind::failed, ErrorKind::internal}) {
        EXPECT_EQ(error_kind_from_name(error_kind_name(kind)), kind);
    }
    EXPECT_EQ(error_kind_from_name("from_the_future"), ErrorKind::failed);
}

Result<int> half(int value) {
    if (value % 2 != 0) {
        return Error{.code = "ODD", .message = "not even"};
    }
    return value / 2;
}

Result<int> quarter(int value) {
    int first = TANDEM_TRY(half(value));
    return half(first);
}

TEST(Result, try_returns_the_first_error) {
    EXPECT_EQ(*quarter(8), 2);
    EXPECT_EQ(quarter(6).error().code, "ODD");
    EXPECT_EQ(quarter(3).error().code, "ODD");
}

TEST(Job, workload_kinds_match_the_variant) {
    EXPECT_EQ(workload_kind(Workload{GenerateWorkload{}}), "generate");
    EXPECT_EQ(workload_kind(Workload{BenchmarkWorkload{}}), "benchmark");
    EXPECT_EQ(workload_kind(Workload{LogitsWorkload{}}), "logits");
    EXPECT_EQ(workload_kind(Workload{EmbedWorkload{}}), "embed");
    EXPECT_EQ(workload_kind(Workload{NullWorkload{}}), "null");
    EXPECT_TRUE(is_timing(BenchmarkWorkload{}));
    EXPECT_FALSE(is_timing(GenerateWorkload{}));
    EXPECT_FALSE(is_timing(TrainWorkload{}));
    EXPECT_TRUE(runs_alone(BenchmarkWorkload{}));
    EXPECT_TRUE(runs_alone(EvaluateWorkload{}));
    EXPECT_TRUE(runs_alone(TrainWorkload{}));
    EXPECT_FALSE(runs_alone(GenerateWorkload{}));
}

}  // namespace
}  // namespace tandem
