-- The second model of a pairing by the experiment's name, and what a trial is compared with: the pairing it names as its
-- baseline and that pairing's trial. Empty where there is none, and in rows that were planned before.
ALTER TABLE experiment_trials ADD COLUMN partner TEXT NOT NULL DEFAULT '';
ALTER TABLE experiment_trials ADD COLUMN baseline TEXT NOT NULL DEFAULT '';
ALTER TABLE experiment_trials ADD COLUMN baseline_trial TEXT NOT NULL DEFAULT '';

DROP VIEW v_trials;
CREATE VIEW v_trials AS
SELECT e.name AS experiment, t.id AS trial, et.pairing, et.model, et.target, et.workload, t.kind, et.settings, t.seed,
       coalesce(a.state, 'queued') AS state, coalesce(a.attempt, 0) AS attempts,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.started_ms / 1000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.finished_ms / 1000, 'unixepoch') AS finished_at,
       a.error_code, a.error_message, t.last_attempt, t.done_attempt, et.experiment_id, et.position,
       et.partner, et.baseline, et.baseline_trial
FROM experiment_trials AS et
JOIN trials AS t ON t.id = et.trial_id
JOIN experiments AS e ON e.id = et.experiment_id
LEFT JOIN attempts AS a ON a.id = t.last_attempt
WHERE et.experiment_id = (SELECT max(newest.experiment_id) FROM experiment_trials AS newest
                          WHERE newest.trial_id = et.trial_id)
ORDER BY et.experiment_id, et.position;

-- Times of each finished trial beside those of the trial that it is compared with, in milliseconds.
CREATE VIEW v_speedup AS
SELECT v.experiment, substr(v.trial, 1, 12) AS trial, v.pairing, v.model, v.partner, v.baseline, v.target, v.workload,
       v.settings, v.seed, m.name AS metric, m.mean, b.mean AS baseline_mean, b.mean / m.mean AS ratio
FROM v_trials AS v
JOIN metrics AS m ON m.attempt_id = v.done_attempt AND m.name IN ('end_to_end_ms', 'ttft_ms', 'tpot_ms')
JOIN trials AS t ON t.id = v.baseline_trial
JOIN metrics AS b ON b.attempt_id = t.done_attempt AND b.name = m.name
WHERE m.mean > 0;
