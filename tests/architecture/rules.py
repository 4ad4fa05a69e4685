"""The house's plan as data: which room may include which, where foreign headers may be, and how long a file may be.

Source: docs/architecture.md. A room is the longest matching prefix of a file's path; a file may always include from
its own room.
"""

# room -> rooms it may include from
ROOMS = {
    "engine/api": [],
    "engine/tensor": ["engine/api"],
    "engine/tokenizer": ["engine/api", "engine/tensor"],
    "engine/kernels": ["engine/api", "engine/tensor"],
    "engine/nn": ["engine/api", "engine/tensor", "engine/kernels"],
    "engine/models": ["engine/api", "engine/tensor", "engine/nn", "engine/kernels"],
    "engine/convert": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/models"],
    "engine/vision": ["engine/api", "engine/tensor", "engine/models"],
    "engine/benchmark": ["engine/api"],
    "engine/evaluation": ["engine/api", "engine/tokenizer", "engine/benchmark"],
    "engine/generation": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/nn", "engine/models",
                          "engine/benchmark"],
    "engine/training": ["engine/api", "engine/tensor", "engine/nn", "engine/models"],
    "engine/pairing": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/nn", "engine/models",
                       "engine/generation", "engine/training"],
    "engine": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/kernels", "engine/nn", "engine/models",
               "engine/vision", "engine/benchmark", "engine/generation", "engine/evaluation", "engine/training",
               "engine/pairing"],
    "experiments/events": ["engine/api"],
    "experiments/spec": ["engine/api"],
    "experiments/wire": ["engine/api", "experiments/events"],
    "experiments/plan": ["engine/api", "experiments/spec", "experiments/events", "experiments/wire"],
    "experiments/execute": ["engine/api", "experiments/plan", "experiments/spec", "experiments/events",
                            "experiments/wire"],
    "db/schema": [],
    "db/store": ["engine/api", "db/schema", "experiments/plan", "experiments/spec", "experiments/events",
                 "experiments/wire"],
    "db/queries": ["engine/api", "engine/benchmark", "db/schema", "db/store", "experiments/plan", "experiments/spec",
                   "experiments/events", "experiments/wire"],
    "app/worker": ["engine/api", "engine", "experiments/wire", "experiments/events"],
    "app/agent": ["engine/api", "experiments/wire", "experiments/events", "experiments/execute"],
    "app/library": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/models", "engine/pairing"],
    "app/runner": ["engine/api", "engine/evaluation", "experiments/plan", "experiments/spec", "experiments/events", "experiments/wire",
                   "experiments/execute", "db/store", "db/queries", "app/library"],
    "app/report": ["engine/api", "engine/benchmark", "engine/evaluation", "db/queries", "db/store", "experiments/plan",
                   "experiments/events"],
    "app/cli": ["engine/api", "engine/tensor", "engine/tokenizer", "engine/models", "engine/convert", "engine/benchmark",
                "engine/evaluation", "experiments/plan", "experiments/spec", "experiments/events", "experiments/wire",
                "experiments/execute", "db/store", "db/queries", "app/library", "app/runner", "app/report"],
    "app/studio": ["engine/api", "engine/benchmark", "engine/models", "experiments/plan", "experiments/spec", "experiments/events",
                   "experiments/execute", "db/store", "db/queries", "app/library", "app/runner", "app/report"],
}

# headers of a library (a regular expression over what stands between the brackets) -> rooms that may include them
FOREIGN = {
    "Qt": (r"^Qt?[A-Z]\w*(/|$)", ["app/studio"]),
    "torch": (r"^(torch|ATen|c10|caffe2)/",
              ["engine/tensor/torch_", "engine/kernels", "engine/nn", "engine/models", "engine/generation",
                "engine/pairing", "engine/training", "engine/run_", "engine/precompiled"]),
    "SQLite": (r"^sqlite3\.h$", ["db/store", "db/queries"]),
    "yaml-cpp": (r"^yaml-cpp/", ["experiments/spec"]),
    "Asio": (r"^boost/asio", ["experiments/execute", "app/agent", "app/worker"]),
    "OpenSSL": (r"^openssl/", ["engine/api/sha256", "app/agent"]),
    "libcurl": (r"^curl/", ["app/library"]),
    "CLI11": (r"^CLI/", ["app/cli", "app/worker", "app/agent"]),
    "libpng": (r"^png\.h$", ["engine/vision"]),
    "libjpeg": (r"^(jpeglib|jerror)\.h$", ["engine/vision"]),
    "PCRE2": (r"^pcre2\.h$", ["engine/tokenizer", "engine/models/adapter_config"]),
    "ICU": (r"^unicode/", ["engine/tokenizer", "app/report"]),
}

# no torch in these parts of rooms that may otherwise have it: they are linked by programs without torch
TORCH_FREE = ["engine/models/adapter.", "engine/models/adapter_config", "engine/models/inspect",
              "engine/models/catalogue", "engine/models/family_export", "engine/models/int8_weights",
              "engine/convert/", "engine/benchmark/", "engine/run_null",
              "engine/generation/answer_text", "engine/generation/prompt", "engine/generation/random",
              "engine/generation/sampler", "engine/generation/stop_text",
              "engine/generation/target_ids",
              "engine/training/batches", "engine/training/data_rows", "engine/training/label_file",
              "engine/training/schedule", "engine/training/text_pairs", "engine/pairing/alignment",
              "engine/pairing/guided_prompt", "engine/pairing/pairing_settings"]

MAX_LINES = 600

# path -> why it may be longer
LONG_FILES = {}
