-- Times ending in _ms are Unix time in milliseconds, UTC, by the controller's clock (for display). Times ending in _ns
-- are the worker's steady clock in nanoseconds since the job began (for measuring).

-- One row for each resolved document that was planned: running the same file again adds nothing, an edited one adds a
-- row that shares the trials it still has in common.
CREATE TABLE experiments (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    document    TEXT NOT NULL,     -- the YAML after base: and --set
    created_ms  INTEGER NOT NULL,
    UNIQUE (name, document)
) STRICT;

-- One cell of an experiment, named by what can change its result. Shared by every experiment that asks for it.
CREATE TABLE trials (
    id           TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 64),  -- SHA-256 of its identity, hex
    kind         TEXT NOT NULL,    -- generate, benchmark, logits, null
    seed         TEXT NOT NULL,    -- decimal; text because it may exceed 2^63
    job          TEXT NOT NULL,       -- what the worker is given, JSON
    identity     TEXT NOT NULL,  -- the part of the job that can change the result, JSON
    last_attempt INTEGER REFERENCES attempts (id),  -- the newest attempt, whatever became of it
    done_attempt INTEGER REFERENCES attempts (id)   -- the newest attempt that finished: its metrics count
) STRICT;

-- Which trials an experiment means, and what it calls their parts.
CREATE TABLE experiment_trials (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id),
    trial_id      TEXT NOT NULL REFERENCES trials (id),
    position      INTEGER NOT NULL,  -- order of the plan, from 0
    pairing       TEXT NOT NULL,
    model         TEXT NOT NULL,
    target        TEXT NOT NULL,
    workload      TEXT NOT NULL,
    settings      TEXT NOT NULL,  -- the sweep's values, {"load.dtype": "int8"}
    PRIMARY KEY (experiment_id, trial_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX experiment_trials_by_trial ON experiment_trials (trial_id, experiment_id);

-- Machines and builds that ran something; equal ones share a row.
CREATE TABLE environments (
    id       INTEGER PRIMARY KEY,
    facts    TEXT NOT NULL UNIQUE,  -- canonical JSON, everything that was recorded
    host     TEXT,  -- these repeat facts of the same name, where they are there
    cpu      TEXT,
    governor TEXT,
    libtorch TEXT,
    build    TEXT
) STRICT;

-- One try at running a trial. Nothing of an earlier attempt is overwritten by a later one.
CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY,
    trial_id       TEXT NOT NULL REFERENCES trials (id),
    attempt        INTEGER NOT NULL CHECK (attempt >= 1),  -- 1, 2, 3, ... for one trial
    state          TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    target         TEXT NOT NULL,                           -- where it ran, by the experiment's name for it
    environment_id INTEGER REFERENCES environments (id),
    started_ms     INTEGER NOT NULL,
    finished_ms    INTEGER,
    error_code     TEXT,  -- of a failed attempt, as in WORKER_KILLED
    error_kind     TEXT,  -- bad_input, io, unsupported, out_of_memory, cancelled, failed, internal
    error_message  TEXT,
    error          TEXT,  -- the whole error with its causes, JSON
    UNIQUE (trial_id, attempt)
) STRICT;
CREATE INDEX attempts_running ON attempts (trial_id) WHERE state = 'running';

-- What happened to an attempt besides observations. Events and observations of one attempt share the numbers 1, 2, 3.
CREATE TABLE events (
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    sequence   INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('started', 'log', 'artefact', 'done', 'failed', 'cancelled')),
    time_ms    INTEGER NOT NULL,
    digest     INTEGER NOT NULL,  -- FNV-1a of the payload: tells a repeated delivery from a contradiction
    text       TEXT,              -- log: the line; NULL where the middle of a long log was left out
    PRIMARY KEY (attempt_id, sequence)
) STRICT, WITHOUT ROWID;

-- Raw, timestamped facts from the worker; every metric can be derived from them again.
CREATE TABLE observations (
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    sequence   INTEGER NOT NULL,
    kind       TEXT NOT NULL,     -- phase_begin, phase_end, token, sample, output, note
    time_ns    INTEGER NOT NULL,
    repetition INTEGER NOT NULL,  -- benchmark: negative for warm-up; generate: the prompt's number
    idx        INTEGER NOT NULL,  -- token: position in the output; output: prompt number
    name       TEXT NOT NULL,     -- phase_*: load, tokenize, prefill, decode; sample: as in rss_bytes
    value      REAL,              -- token: its id; sample: the value; NULL: not a number
    text       TEXT NOT NULL,     -- token: its text; output: the whole answer
    PRIMARY KEY (attempt_id, sequence)
) STRICT, WITHOUT ROWID;

-- Statistics of a finished attempt, in the unit that ends the name. NULL: too few samples to say.
CREATE TABLE metrics (
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    name       TEXT NOT NULL,     -- as in ttft_ms; definitions in docs/formats/metrics.md
    n          INTEGER NOT NULL,  -- samples
    mean       REAL,
    sd         REAL,              -- sample standard deviation, n - 1
    ci95_low   REAL,
    ci95_high  REAL,
    p50        REAL,
    p90        REAL,
    min        REAL,
    max        REAL,
    position   INTEGER NOT NULL,  -- order in the worker's report
    samples    TEXT NOT NULL,  -- JSON array
    PRIMARY KEY (attempt_id, name)
) STRICT, WITHOUT ROWID;

-- What a finished attempt really used: device, dtype, instruction set, libtorch_version, model_sha256, ...
CREATE TABLE facts (
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (attempt_id, name)
) STRICT, WITHOUT ROWID;

-- Files that an attempt produced.
CREATE TABLE artefacts (
    id          INTEGER PRIMARY KEY,
    attempt_id  INTEGER NOT NULL REFERENCES attempts (id),
    sequence    INTEGER NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    conflicting INTEGER NOT NULL DEFAULT 0  -- 1: arrived second under a number that was taken; see conflicts
) STRICT;
CREATE INDEX artefacts_by_attempt ON artefacts (attempt_id, name);

-- Their bytes, in pieces of at most 16 MiB, so that no size is too large for a row.
CREATE TABLE artefact_chunks (
    artefact_id INTEGER NOT NULL REFERENCES artefacts (id),
    position    INTEGER NOT NULL,  -- 0, 1, 2, ...
    bytes       BLOB NOT NULL,
    PRIMARY KEY (artefact_id, position)
) STRICT;

-- Deliveries that contradict what was stored under the same number (DB_INTEGRITY). The first stays where it is; the
-- second is kept here.
CREATE TABLE conflicts (
    id          INTEGER PRIMARY KEY,
    attempt_id  INTEGER NOT NULL REFERENCES attempts (id),
    sequence    INTEGER NOT NULL,
    time_ms     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    artefact_id INTEGER REFERENCES artefacts (id)  -- where the payload had bytes
) STRICT;
CREATE INDEX conflicts_by_attempt ON conflicts (attempt_id);

-- Each trial under the newest experiment that means it, with the state of its newest attempt.
CREATE VIEW v_trials AS
SELECT e.name AS experiment, t.id AS trial, et.pairing, et.model, et.target, et.workload, t.kind, et.settings, t.seed,
       coalesce(a.state, 'queued') AS state, coalesce(a.attempt, 0) AS attempts,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.started_ms / 1000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.finished_ms / 1000, 'unixepoch') AS finished_at,
       a.error_code, a.error_message, t.last_attempt, t.done_attempt, et.experiment_id, et.position
FROM experiment_trials AS et
JOIN trials AS t ON t.id = et.trial_id
JOIN experiments AS e ON e.id = et.experiment_id
LEFT JOIN attempts AS a ON a.id = t.last_attempt
WHERE et.experiment_id = (SELECT max(newest.experiment_id) FROM experiment_trials AS newest
                          WHERE newest.trial_id = et.trial_id)
ORDER BY et.experiment_id, et.position;

-- One row a trial with the means of the main metrics: the table `tandem results` prints.
CREATE VIEW v_results AS
SELECT experiment, substr(trial, 1, 12) AS trial, pairing, model, target, workload, settings, seed, state,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'load_ms') AS load_ms,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'ttft_ms') AS ttft_ms,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'prefill_tokens_per_second')
        AS prefill_tokens_per_second,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'tpot_ms') AS tpot_ms,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'decode_tokens_per_second')
        AS decode_tokens_per_second,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'end_to_end_ms') AS end_to_end_ms,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'peak_rss_bytes') AS peak_rss_bytes,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'weights_bytes') AS weights_bytes,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'kv_cache_bytes') AS kv_cache_bytes,
    (SELECT mean FROM metrics WHERE attempt_id = done_attempt AND name = 'energy_joules') AS energy_joules,
    attempts, started_at, finished_at, error_code, error_message
FROM v_trials;

-- Every metric of every finished trial, one row each, for plots.
CREATE VIEW v_metrics AS
SELECT v.experiment, substr(v.trial, 1, 12) AS trial, v.pairing, v.model, v.target, v.workload, v.settings, v.seed,
       m.name AS metric, m.n, m.mean, m.sd, m.ci95_low, m.ci95_high, m.p50, m.p90, m.min, m.max
FROM v_trials AS v
JOIN metrics AS m ON m.attempt_id = v.done_attempt;

-- Time from each token to the next in milliseconds, for each trial's newest finished attempt.
CREATE VIEW v_token_times AS
SELECT v.experiment, substr(v.trial, 1, 12) AS trial, o.repetition, o.idx,
       (o.time_ns - lag(o.time_ns) OVER (PARTITION BY o.attempt_id, o.repetition ORDER BY o.sequence)) / 1e6 AS gap_ms
FROM v_trials AS v
JOIN observations AS o ON o.attempt_id = v.done_attempt
WHERE o.kind = 'token';

-- Log lines in order; `left_out` lines of the middle of a long log keep their row without text.
CREATE VIEW v_log AS
SELECT substr(a.trial_id, 1, 12) AS trial, a.attempt, e.sequence, e.text, e.text IS NULL AS left_out
FROM events AS e
JOIN attempts AS a ON a.id = e.attempt_id
WHERE e.kind = 'log'
ORDER BY e.attempt_id, e.sequence;
