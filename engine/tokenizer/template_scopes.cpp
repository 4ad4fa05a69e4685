// Which variable a name means. Jinja decides it before rendering: a name that a block sets anywhere belongs to that
// block from its beginning, and what it holds then is the outer variable's value, the context's or nothing. The rules
// are those of jinja2.idtracking, which templates rely on without knowing.
#include <algorithm>
#include <map>
#include <set>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_syntax.h"

namespace tandem::jinja {
namespace {

constexpr std::size_t most_work = 4'000'000;

using Body = std::vector<std::unique_ptr<Statement>>;

struct Symbols {
    const Symbols* parent = nullptr;
    std::map<std::string, Load> loads;
    std::set<std::string> stores;

    bool knows(const std::string& name) const {
        return loads.contains(name) || (parent != nullptr && parent->knows(name));
    }
    void load(const std::string& name) {
        if (!knows(name)) {
            loads[name] = Load::from_context;
        }
    }
    void store(const std::string& name) {
        stores.insert(name);
        if (!loads.contains(name)) {
            loads[name] = parent != nullptr && parent->knows(name) ? Load::from_outer : Load::undefined;
        }
    }
    void parameter(const std::string& name) {
        stores.insert(name);
        loads[name] = Load::parameter;
    }
};

// The first mention of `name` in a body, blocks aside, reads it. Sets `settled` at the first mention.
class Mention {
public:
    explicit Mention(std::string name) : name_(std::move(name)) {}

    bool reads(const Body& body) {
        visit(body);
        return found_;
    }

private:
    void visit(const Body& body) {
        for (const auto& node : body) {
            visit(*node);
        }
    }

    void visit(const Statement& node) {
        if (settled_ || node.kind == StatementKind::block) {
            return;
        }
        if (node.kind == StatementKind::set) {
            target(node.target.get());
            visit(node.expression.get());
            return;
        }
        target(node.target.get());
        if (node.kind == StatementKind::call_block) {
            visit(node.expression.get());
        }
        for (const std::string& name : node.names) {
            settle(name, false);
        }
        for (const auto& value : node.defaults) {
            visit(value.get());
        }
        if (node.kind != StatementKind::call_block && node.kind != StatementKind::filter_block) {
            visit(node.expression.get());
        }
        for (const Branch& branch : node.branches) {
            visit(branch.condition.get());
            visit(branch.body);
        }
        if (node.kind == StatementKind::filter_block) {
            visit(node.expression.get());
        }
        visit(node.condition.get());
    }

    void target(const Expression* node) {
        if (node == nullptr) {
            return;
        }
        if (node->kind == ExpressionKind::tuple) {
            for (const auto& child : node->children) {
                target(child.get());
            }
        } else if (node->kind == ExpressionKind::name) {
            settle(node->text, false);
        }
    }

    void visit(const Expression* node) {
        if (node == nullptr || settled_) {
            return;
        }
        if (node->kind == ExpressionKind::name) {
            settle(node->text, true);
        }
        for (const auto& child : node->children) {
            visit(child.get());
        }
    }

    void settle(const std::string& name, bool read) {
        if (!settled_ && name == name_) {
            settled_ = true;
            found_ = read;
        }
    }

    std::string name_;
    bool settled_ = false;
    bool found_ = false;
};

class Scopes {
public:
    void root(Template& parsed) {
        Symbols symbols;
        visit(symbols, parsed.body);
        parsed.frame = frame(symbols);
        descend(symbols, parsed.body);
    }

private:
    void work(std::size_t amount, Place place) {
        work_ += amount;
        if (work_ > most_work) {
            refuse("the template has too many variables in too many branches", place);
        }
    }

    static Frame frame(const Symbols& symbols) { return {symbols.loads.begin(), symbols.loads.end()}; }

    // --- what a body names in its own block ---

    void visit(Symbols& symbols, const Body& body) {
        for (const auto& node : body) {
            visit(symbols, *node);
        }
    }

    void visit(Symbols& symbols, const Statement& node) {
        work(1, node.place);
        switch (node.kind) {
            case StatementKind::output:
            case StatementKind::loop:
            case StatementKind::filter_block:
                visit(symbols, node.expression.get());
                break;
            case StatementKind::call_block:
                visit(symbols, node.expression.get());
                break;
            case StatementKind::set:
                visit(symbols, node.expression.get());
                target(symbols, *node.target);
                break;
            case StatementKind::set_block:
                target(symbols, *node.target);
                break;
            case StatementKind::macro:
                symbols.store(node.text);
                break;
            case StatementKind::with:
                for (const auto& value : node.defaults) {
                    visit(symbols, value.get());
                }
                break;
            case StatementKind::condition:
                condition(symbols, node);
                break;
            default:
                break;
        }
    }

    void condition(Symbols& symbols, const Statement& node) {
        visit(symbols, node.branches[0].condition.get());
        const auto copy = [&] {
            work(symbols.loads.size() + symbols.stores.size() + 1, node.place);
            return Symbols(symbols);
        };
        Symbols first = copy();
        visit(first, node.branches[0].body);
        Symbols others = copy();
        Symbols last = copy();
        for (std::size_t i = 1; i < node.branches.size(); ++i) {
            const Branch& branch = node.branches[i];
            if (!branch.condition) {
                visit(last, branch.body);
                continue;
            }
            visit(others, branch.condition.get());
            work(others.loads.size() + others.stores.size() + 1, node.place);
            Symbols one(others);
            visit(one, branch.body);
            merge(others, {&one}, node.place);
        }
        merge(symbols, {&first, &others, &last}, node.place);
    }

    // A name that only branches set holds, before them, what the name meant outside.
    void merge(Symbols& symbols, const std::vector<const Symbols*>& branches, Place place) {
        std::set<std::string> stored;
        for (const Symbols* branch : branches) {
            work(branch->loads.size() + branch->stores.size(), place);
            for (const std::string& name : branch->stores) {
                if (!symbols.stores.contains(name)) {
                    stored.insert(name);
                }
            }
        }
        for (const Symbols* branch : branches) {
            for (const auto& [name, load] : branch->loads) {
                symbols.loads[name] = load;
            }
            symbols.stores.insert(branch->stores.begin(), branch->stores.end());
        }
        for (const std::string& name : stored) {
            const bool outside = symbols.parent != nullptr && symbols.parent->knows(name);
            symbols.loads[name] = outside ? Load::from_outer : Load::from_context;
        }
    }

    static void target(Symbols& symbols, const Expression& node) {
        if (node.kind == ExpressionKind::tuple) {
            for (const auto& child : node.children) {
                target(symbols, *child);
            }
        } else if (node.kind == ExpressionKind::field) {
            symbols.load(node.text);
        } else {
            symbols.store(node.text);
        }
    }

    static void parameters(Symbols& symbols, const Expression& node) {
        for (const auto& child : node.children) {
            parameters(symbols, *child);
        }
        if (node.kind == ExpressionKind::name) {
            symbols.parameter(node.text);
        }
    }

    void visit(Symbols& symbols, const Expression* node) {
        if (node == nullptr) {
            return;
        }
        work(1, node->place);
        if (node->kind == ExpressionKind::name) {
            symbols.load(node->text);
        }
        for (const auto& child : node->children) {
            visit(symbols, child.get());
        }
    }

    // --- the blocks within ---

    void descend(const Symbols& symbols, Body& body) {
        for (const auto& node : body) {
            if (node->kind == StatementKind::condition) {
                for (Branch& branch : node->branches) {
                    descend(symbols, branch.body);
                }
            } else if (!node->branches.empty()) {
                inner(symbols, *node);
            }
        }
    }

    void finish(const Symbols& symbols, Branch& branch) {
        branch.frame = frame(symbols);
        descend(symbols, branch.body);
    }

    void inner(const Symbols& outer, Statement& node) {
        Symbols own;
        own.parent = &outer;
        Branch& main = node.branches[0];
        switch (node.kind) {
            case StatementKind::loop:
                return loop(outer, node);
            case StatementKind::macro:
            case StatementKind::call_block:
                return function(outer, node);
            case StatementKind::with:
                for (const std::string& name : node.names) {
                    own.parameter(name);
                }
                visit(own, main.body);
                break;
            case StatementKind::block:
                own.parent = nullptr;
                visit(own, main.body);
                break;
            case StatementKind::filter_block:
                visit(own, main.body);
                visit(own, node.expression.get());
                break;
            default:
                visit(own, main.body);
                break;
        }
        finish(own, main);
        if (node.kind == StatementKind::set_block && node.expression) {
            filter_of_set(own, node.expression.get());
        }
    }

    // Jinja looks up what the filter's arguments name among what the body and those around it name, and fails
    // otherwise.
    static void filter_of_set(const Symbols& body, const Expression* node) {
        if (node == nullptr) {
            return;
        }
        if (node->kind == ExpressionKind::name && !body.knows(node->text)) {
            refuse("'" + printable(node->text) + "' is not known to the filter of a set block", node->place);
        }
        for (const auto& child : node->children) {
            filter_of_set(body, child.get());
        }
    }

    void loop(const Symbols& outer, Statement& node) {
        Symbols own;
        own.parent = &outer;
        Branch& main = node.branches[0];
        work(1, node.place);
        if (node.recursive || Mention("loop").reads(main.body)) {
            own.parameter("loop");
        }
        parameters(own, *node.target);
        visit(own, main.body);
        finish(own, main);
        if (node.condition) {
            Symbols test;
            test.parent = &outer;
            parameters(test, *node.target);
            visit(test, node.condition.get());
            node.condition_frame = frame(test);
        }
        if (node.branches.size() > 1) {
            Symbols otherwise;
            otherwise.parent = &outer;
            visit(otherwise, node.branches[1].body);
            finish(otherwise, node.branches[1]);
        }
    }

    void function(const Symbols& outer, Statement& node) {
        Symbols own;
        own.parent = &outer;
        Branch& main = node.branches[0];
        const auto has = [&](const char* name) {
            return std::find(node.names.begin(), node.names.end(), name) != node.names.end();
        };
        for (const std::string& name : node.names) {
            own.parameter(name);
        }
        for (const auto& value : node.defaults) {
            visit(own, value.get());
        }
        visit(own, main.body);
        node.takes_caller = Mention("caller").reads(main.body);
        node.takes_kwargs = !has("kwargs") && Mention("kwargs").reads(main.body);
        node.takes_varargs = !has("varargs") && Mention("varargs").reads(main.body);
        if (node.takes_caller && !has("caller")) {
            own.parameter("caller");
        } else if (node.takes_caller && std::find(node.names.begin(), node.names.end(), "caller") >=
                                            node.names.end() - static_cast<std::ptrdiff_t>(node.defaults.size())) {
            node.takes_caller = false;  // an ordinary parameter with a default
        } else if (node.takes_caller) {
            refuse("the parameter 'caller' needs a default", node.place);
        }
        if (node.takes_kwargs) {
            own.parameter("kwargs");
        }
        if (node.takes_varargs) {
            own.parameter("varargs");
        }
        finish(own, main);
    }

    std::size_t work_ = 0;
};

}  // namespace

void find_scopes(Template& parsed) {
    Scopes().root(parsed);
}

}  // namespace tandem::jinja
