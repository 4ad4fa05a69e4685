// for: its rounds, what `loop` says about them, and recursion.
#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {
// Takes one item more from what the loop goes over, as far as its condition lets through.
bool Renderer::pull(LoopState& state) {
    const Statement& node = *state.node;
    while (state.lazy) {
        Value item;
        if (state.generator != nullptr) {
            if (state.generator->at >= state.generator->items.size()) {
                return false;
            }
            item = state.generator->items[state.generator->at++];
        } else if (state.source_at < state.source.size()) {
            item = state.source[state.source_at++];
        } else {
            return false;
        }
        step(node.place);
        if (node.condition) {
            const Inside inside(*this, state.outer, node.condition_frame, node.place);
            assign(*node.target, item);
            if (!evaluate(*node.condition).truth()) {
                continue;
            }
        }
        state.items.push_back(std::move(item));
        return true;
    }
    return false;
}

Renderer::Flow Renderer::loop(const Statement& node) {
    const Value over = evaluate(*node.expression);
    if (node.recursive) {
        write(recurse(node, scope_, over, 0, node.place), node.place);
        return Flow::onward;
    }
    auto state = std::make_shared<LoopState>();
    state->node = &node;
    state->outer = scope_;
    state->depth = over.depth() + 1;
    const auto* generator = over.as<std::shared_ptr<Generator>>();
    state->lazy = node.condition != nullptr || generator != nullptr;
    if (generator != nullptr) {
        state->generator = *generator;
    } else {
        (state->lazy ? state->source : state->items) = iterate(over, node.place);
    }
    return go_round(node, state);
}

std::string Renderer::recurse(const Statement& node, Scope* outer, const Value& over, int depth0, Place place) {
    const Depth depth(*this, place);
    auto state = std::make_shared<LoopState>();
    state->node = &node;
    state->outer = outer;
    state->depth = over.depth() + 1;
    state->depth0 = depth0;
    state->lazy = node.condition != nullptr;
    (state->lazy ? state->source : state->items) = iterate(over, place);
    Scope* caller = std::exchange(scope_, outer);
    Capture capture(*this);
    go_round(node, state);
    scope_ = caller;
    return capture.take();
}

Renderer::Flow Renderer::go_round(const Statement& node, const std::shared_ptr<LoopState>& state) {
    if (state->depth > deepest_value) {
        over_limit("a value nests deeper than " + std::to_string(deepest_value) + " levels", node.place);
    }
    Scope* outer = scope_;
    bool any = false;
    {
        Inside inside(*this, outer, {}, node.place);
        Scope& own = inside.scope();
        for (std::size_t i = 0; i < state->items.size() || pull(*state); ++i) {
            step(node.place);
            state->index0 = i;
            own.variables.clear();
            fill(own, node.branches[0].frame, node.place);
            own.variables["loop"] = Value::State(state);
            assign(*node.target, state->items[i]);
            const Flow flow = execute(node.branches[0].body);
            if (flow == Flow::leave_loop) {
                break;
            }
            // As in Jinja, a round that `continue` ends does not count as one: else still follows.
            any = any || flow == Flow::onward;
        }
    }
    if (!any && node.branches.size() > 1) {
        const Inside inside(*this, outer, node.branches[1].frame, node.place);
        return execute(node.branches[1].body);
    }
    return Flow::onward;
}

Value Renderer::attribute_of_loop(const std::shared_ptr<LoopState>& shared, const std::string& name, Place place) {
    LoopState& state = *shared;
    const auto index = static_cast<std::int64_t>(state.index0);
    if (name == "index" || name == "index0") {
        return Value::integer(index + (name == "index" ? 1 : 0));
    }
    if (name == "first") {
        return Value::boolean(index == 0);
    }
    if (name == "depth" || name == "depth0") {
        return Value::integer(state.depth0 + (name == "depth" ? 1 : 0));
    }
    if (name == "length" || name == "revindex" || name == "revindex0") {
        while (pull(state)) {
        }
        const auto length = static_cast<std::int64_t>(state.items.size());
        return Value::integer(name == "length" ? length : length - index - (name == "revindex" ? 0 : 1));
    }
    if (name == "last" || name == "nextitem") {
        const bool more = state.index0 + 1 < state.items.size() || pull(state);
        return name == "last" ? Value::boolean(!more)
               : more         ? state.items[state.index0 + 1]
                              : Value::undefined("there is no next item");
    }
    if (name == "previtem") {
        return index == 0 ? Value::undefined("there is no previous item") : state.items[state.index0 - 1];
    }
    if (name == "cycle" || name == "changed") {
        made(sizeof(Value) * 2, place);
        return Value::State(Method{std::make_shared<const Value>(Value::State(shared)), name});
    }
    return Value::undefined(name);
}

}  // namespace tandem::jinja
