// What every torch module includes, compiled once (resources/cmake/TandemTorch.cmake). Files include what they use all
// the same: this header only makes it cheap.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>
