#include "experiments/plan/label_set.h"

#include "experiments/wire/job_json.h"

namespace tandem {

std::string labeller_of(const PairingSpec& pairing, const Workload& workload) {
    const auto* train = std::get_if<TrainWorkload>(&workload);
    if (train == nullptr || train->labels != Labels::llm) {
        return {};
    }
    return train->labels_from.empty() ? pairing.partner : train->labels_from;
}

MaybeFault check_labels(const Workload& workload) {
    const auto* train = std::get_if<TrainWorkload>(&workload);
    const bool unused = train != nullptr && train->labels == Labels::gold &&
                        !(train->labels_from.empty() && train->labels_prompt.empty());
    if (!unused) {
        return std::nullopt;
    }
    return Fault{"SPEC_CONFLICT", "has " + std::string(train->labels_from.empty() ? "labels_prompt" : "labels_from") +
                                      ", which labels llm looks at, and labels is gold"};
}

std::string label_set(const Job& job, const ModelFacts& labeller) {
    const auto& train = std::get<TrainWorkload>(job.workload);
    // A job of nothing but what the answers depend on.
    Job same;
    same.pairing.method = PairingMethod::llm_to_slm;
    same.pairing.model.sha256 = labeller.sha256;
    same.pairing.model.adapter = labeller.adapter;
    same.pairing.model.adapter_sha256 = labeller.adapter_sha256;
    same.pairing.guidance.llm_prompt =
        train.labels_prompt.empty() ? job.pairing.guidance.llm_prompt : train.labels_prompt;
    if (job.labeller.location.empty()) {
        same.pairing.guidance.llm_dtype = job.pairing.guidance.llm_dtype;
    }
    same.load = job.load;
    same.load.context = 0;
    TrainWorkload learns;
    learns.train = train.train;
    learns.validation = train.validation;
    learns.train_rows = train.train_rows;
    learns.validation_rows = train.validation_rows;
    learns.task.prompt = train.task.prompt;
    learns.task.chat = train.task.chat;
    learns.task.system = train.task.system;
    learns.task.generation = train.task.generation;
    same.workload = learns;
    return job_identity_json(same);
}

}  // namespace tandem
