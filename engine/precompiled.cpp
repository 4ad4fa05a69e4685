// Carries the precompiled header; it defines nothing.
#include "engine/precompiled.h"
