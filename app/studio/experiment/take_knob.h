// From a knob's field into the options that it edits. Thread rule: the window's thread.
#pragma once

#include <string>

#include "app/studio/experiment/knob_form.h"
#include "app/studio/experiment/knob_values.h"

namespace tandem::studio {

// Sets what the form says of one knob; a refused word is shown at the knob and changes nothing.
template <class Options>
bool take_knob(KnobForm& form, const std::string& knob, Options& options) {
    const MaybeFault fault = set_knob_words(options, knob, form.words(knob));
    form.show_problem(knob, fault ? QString::fromStdString(knob + " " + fault->message) : QString());
    return !fault;
}

}  // namespace tandem::studio
