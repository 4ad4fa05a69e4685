#include "engine/evaluation/numpy_random.h"

#include <array>
#include <bit>
#include <limits>

namespace tandem::scores {
namespace {

constexpr std::size_t pool_words = 4;
constexpr std::size_t state_words = 8;

// numpy's SeedSequence (after O'Neill's seed_seq_fe): the words of a seed, mixed into a pool and drawn from it.
class SeedPool {
public:
    explicit SeedPool(std::uint64_t seed) {
        const std::array<std::uint32_t, pool_words> words = {static_cast<std::uint32_t>(seed),
                                                             static_cast<std::uint32_t>(seed >> 32)};
        std::uint32_t constant = 0x43B0D7E5;
        for (std::size_t i = 0; i < pool_words; ++i) {
            pool_[i] = hashed(words[i], constant);
        }
        for (std::size_t from = 0; from < pool_words; ++from) {
            for (std::size_t to = 0; to < pool_words; ++to) {
                if (from != to) {
                    pool_[to] = mixed(pool_[to], hashed(pool_[from], constant));
                }
            }
        }
    }

    std::array<std::uint32_t, state_words> state() const {
        std::array<std::uint32_t, state_words> state{};
        std::uint32_t constant = 0x8B51F9DD;
        for (std::size_t i = 0; i < state_words; ++i) {
            std::uint32_t word = pool_[i % pool_words] ^ constant;
            constant *= 0x58F38DED;
            word *= constant;
            state[i] = word ^ (word >> 16);
        }
        return state;
    }

private:
    static std::uint32_t hashed(std::uint32_t word, std::uint32_t& constant) {
        word ^= constant;
        constant *= 0x931E8875;
        word *= constant;
        return word ^ (word >> 16);
    }
    static std::uint32_t mixed(std::uint32_t x, std::uint32_t y) {
        const std::uint32_t word = 0xCA01F9DD * x - 0x4973F715 * y;
        return word ^ (word >> 16);
    }

    std::array<std::uint32_t, pool_words> pool_{};
};

}  // namespace

NumpyRandom::NumpyRandom(std::uint64_t seed) {
    const auto words = SeedPool(seed).state();
    const auto wide = [&](std::size_t i) { return (Wide{words[i + 1]} << 32) | words[i]; };
    const Wide start = (wide(0) << 64) | wide(2);
    increment_ = (((wide(4) << 64) | wide(6)) << 1) | 1;
    step();
    state_ += start;
    step();
}

void NumpyRandom::step() {
    state_ = state_ * ((Wide{0x2360ED051FC65DA4} << 64) | 0x4385DF649FCCF645) + increment_;
}

std::uint64_t NumpyRandom::next64() {
    step();
    const auto both = static_cast<std::uint64_t>(state_ >> 64) ^ static_cast<std::uint64_t>(state_);
    return std::rotr(both, static_cast<int>(state_ >> 122));
}

std::uint32_t NumpyRandom::next32() {
    if (has_half_) {
        has_half_ = false;
        return half_;
    }
    const std::uint64_t both = next64();
    half_ = static_cast<std::uint32_t>(both >> 32);
    has_half_ = true;
    return static_cast<std::uint32_t>(both);
}

std::uint32_t NumpyRandom::below(std::uint32_t bound) {
    if (bound <= 1) {
        return 0;  // numpy draws nothing then
    }
    // Lemire 2019: the upper half of a product, drawn again where the lower half is among those that come once too
    // often.
    std::uint64_t product = std::uint64_t{next32()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t unfair = (std::numeric_limits<std::uint32_t>::max() - (bound - 1)) % bound;
        while (static_cast<std::uint32_t>(product) < unfair) {
            product = std::uint64_t{next32()} * bound;
        }
    }
    return static_cast<std::uint32_t>(product >> 32);
}

bool NumpyCoin::throw_once() {
    if (left_ == 0) {
        bits_ = random_.next32();
        left_ = 32;
    } else {
        bits_ >>= 1;
    }
    --left_;
    return (bits_ & 1) != 0;
}

}  // namespace tandem::scores
