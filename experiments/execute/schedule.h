// Which trial may start now: the plan's order, one timing trial alone on the machine, and for the others as many at
// once as asked for, as memory and cores allow. No clock, no process. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "experiments/plan/plan.h"

namespace tandem {

struct ScheduleLimits {
    std::int64_t parallel = 1;
    std::int64_t cores = 1;
    std::int64_t memory_bytes = 0;
};

struct Ticket {
    const Trial* trial = nullptr;
    std::int64_t attempt = 1;
};

class Schedule {
public:
    // Takes the trials to run, in the plan's order; the plan must outlive it.
    Schedule(const Plan& plan, ScheduleLimits limits);

    struct Blocked {
        std::string why;          // empty: it is simply not its turn
        bool for_memory = false;  // and nothing runs that could give it back
    };
    // Why the next trial may not start; nothing where it may, or where none is left.
    std::optional<Blocked> blocked() const;

    bool empty() const { return queue_.empty(); }
    const Ticket& next() const { return queue_.front(); }
    Ticket begin();  // only where next() exists
    void end(const Ticket& ticket);
    void again(Ticket ticket);  // at the front, as the following attempt
    void put_back(Ticket ticket) { queue_.push_front(ticket); }

    std::size_t running() const { return running_.size(); }
    void set_memory(std::int64_t bytes) { limits_.memory_bytes = bytes; }

private:
    std::int64_t cores_of(const Trial& trial) const;

    ScheduleLimits limits_;
    std::deque<Ticket> queue_;
    std::map<const Trial*, Ticket> running_;
};

}  // namespace tandem
