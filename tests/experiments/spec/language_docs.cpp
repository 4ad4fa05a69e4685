#include "tests/experiments/spec/language_docs.h"

#include <cmath>

#include "experiments/spec/scalar.h"
#include "experiments/spec/spec.h"

namespace tandem::test {
namespace {

std::string heading(const std::string& section) {
    if (section == "load" || section == "execution") {
        return "`" + section + "`";
    }
    if (enum_from_name<PairingMethod>(section)) {
        return "`pairings.NAME` with `method: " + section + "`";
    }
    return section == "target" ? "`targets.NAME` (beside `host`)" : "`workloads.NAME` with `kind: " + section + "`";
}

std::string allowed(const KnobDescription& knob) {
    if (!knob.choices.empty()) {
        std::string text;
        for (const std::string& choice : knob.choices) {
            text += (text.empty() ? "`" : ", `") + choice + "`";
        }
        return text + (knob.type.ends_with("or nothing") ? " or nothing" : "");
    }
    if (!std::isfinite(knob.min) && !std::isfinite(knob.max)) {
        return knob.type;
    }
    return knob.type + ", " + describe_range({.name = {}, .doc = {}, .min = knob.min, .max = knob.max});
}

}  // namespace

std::string knob_tables() {
    std::string text, section;
    for (const KnobDescription& knob : describe_knobs()) {
        if (knob.section != section) {
            section = knob.section;
            text += "\n### " + heading(section) +
                    "\n\n| knob | allowed | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n";
        }
        const std::string value = knob.default_value.empty() ? "\"\"" : knob.default_value;
        text += "| `" + knob.name + "` | " + allowed(knob) + " | `" + value + "` | " + knob.unit + " | " + knob.doc +
                (knob.source.empty() ? "" : " Source: " + knob.source + ".") + " |\n";
    }
    return text + "\n";
}

std::string with_knob_tables(const std::string& page) {
    const std::size_t begin = page.find(knobs_begin);
    const std::size_t end = page.find(knobs_end);
    if (begin == page.npos || end == page.npos || end < begin) {
        return {};
    }
    return page.substr(0, begin) + knobs_begin + knob_tables() + page.substr(end);
}

}  // namespace tandem::test
