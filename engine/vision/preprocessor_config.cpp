// What a checkpoint says of its pre-processing, with the defaults of the processor it names.
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/inspect_sources.h"
#include "engine/tensor/mapped_file.h"
#include "engine/vision/preprocessor.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t largest_side = 1 << 14;
constexpr std::size_t most_grids = 256;
constexpr std::int64_t most_tiles = 1024;
constexpr std::array<float, 3> half{0.5F, 0.5F, 0.5F};
constexpr std::array<float, 3> clip_mean{0.48145466F, 0.4578275F, 0.40821073F};
constexpr std::array<float, 3> clip_deviation{0.26862954F, 0.26130258F, 0.27577711F};

// What a processor's class does unless its configuration says otherwise.
struct Processor {
    const char* name;
    bool crops = false;
    bool one_number_is_square = true;  // of "size"; else the shorter side
    std::int64_t filter = 3;
    std::array<float, 3> mean = half;
    std::array<float, 3> deviation = half;
    bool by_shortest = false;  // the default size
    bool tiles = false;
};

constexpr Processor vit_processor{.name = "ViTImageProcessor", .filter = 2};
constexpr Processor siglip_processor{.name = "SiglipImageProcessor", .one_number_is_square = false};
constexpr Processor clip_processor{.name = "CLIPImageProcessor",
                                   .crops = true,
                                   .one_number_is_square = false,
                                   .mean = clip_mean,
                                   .deviation = clip_deviation,
                                   .by_shortest = true};
constexpr Processor bit_processor{.name = "BitImageProcessor",
                                  .crops = true,
                                  .one_number_is_square = false,
                                  .mean = clip_mean,
                                  .deviation = clip_deviation,
                                  .by_shortest = true};
constexpr Processor tile_processor{.name = "LlavaNextImageProcessor",
                                   .crops = true,
                                   .one_number_is_square = false,
                                   .mean = clip_mean,
                                   .deviation = clip_deviation,
                                   .by_shortest = true,
                                   .tiles = true};
constexpr std::array processors{&vit_processor, &siglip_processor, &clip_processor, &bit_processor, &tile_processor};

// "ViTFeatureExtractor" of old files, "ViTImageProcessorFast" of the torchvision ones.
std::string plain_name(std::string name) {
    if (const auto at = name.rfind("FeatureExtractor"); at != std::string::npos) {
        name.replace(at, std::string::npos, "ImageProcessor");
    }
    for (const char* ending : {"Fast", "Pil"}) {
        if (name.ends_with(ending)) {
            name.resize(name.size() - std::char_traits<char>::length(ending));
        }
    }
    return name;
}

Result<const Processor*> processor_of(const ConfigReader& config, std::string_view family) {
    std::string named = TANDEM_TRY(config.text("image_processor_type", ""));
    if (named.empty()) {
        named = TANDEM_TRY(config.text("feature_extractor_type", ""));
    }
    if (named.empty()) {
        return family == "vit"             ? &vit_processor
               : family == "siglip_vision" ? &siglip_processor
               : family == "dinov2"        ? &bit_processor
                                           : &clip_processor;
    }
    std::string known;
    for (const Processor* processor : processors) {
        if (plain_name(named) == processor->name) {
            return processor;
        }
        known += (known.empty() ? "" : ", ") + std::string(processor->name);
    }
    return config.unsupported("the image processor '" + named.substr(0, 80) + "' (there are " + known + ")");
}

Result<std::int64_t> side(const ConfigReader& config, const char* key) {
    const std::int64_t value = TANDEM_TRY(config.integer(key));
    TANDEM_TRY(check_range(key, value, 1, largest_side, config.origin()));
    return value;
}

// {"height", "width"}, [height, width] or one number for a square.
Result<HeightWidth> read_rectangle(const ConfigReader& config, const char* key) {
    const Json& value = config.value(key);
    HeightWidth size;
    if (value.is_object()) {
        const ConfigReader object = TANDEM_TRY(config.object(key));
        size = {TANDEM_TRY(side(object, "height")), TANDEM_TRY(side(object, "width"))};
    } else if (value.is_array()) {
        const auto sides = TANDEM_TRY(config.integers(key));
        if (sides.size() != 2) {
            return config.fault("CFG_TYPE", std::string(key) + ": need [height, width]");
        }
        size = {sides[0], sides[1]};
    } else {
        size.height = size.width = TANDEM_TRY(config.integer(key));
    }
    TANDEM_TRY(check_range(key, size.height, 1, largest_side, config.origin()));
    TANDEM_TRY(check_range(key, size.width, 1, largest_side, config.origin()));
    return size;
}

Result<TargetSize> read_target(const ConfigReader& config, const Processor& processor) {
    using Kind = TargetSize::Kind;
    if (!config.has("size")) {
        return processor.by_shortest ? TargetSize{.kind = Kind::shortest_edge, .shortest = 224}
                                     : TargetSize{.kind = Kind::exact, .height = 224, .width = 224};
    }
    const Json& value = config.value("size");
    if (value.is_number() && !processor.one_number_is_square) {
        return TargetSize{.kind = Kind::shortest_edge, .shortest = TANDEM_TRY(side(config, "size"))};
    }
    if (!value.is_object()) {
        const HeightWidth size = TANDEM_TRY(read_rectangle(config, "size"));
        return TargetSize{.kind = Kind::exact, .height = size.height, .width = size.width};
    }
    const ConfigReader object = TANDEM_TRY(config.object("size"));
    const auto only = [&](std::initializer_list<const char*> keys) {
        return value.size() == keys.size() &&
               std::ranges::all_of(keys, [&](const char* key) { return object.has(key); });
    };
    if (only({"height", "width"})) {
        const HeightWidth size = TANDEM_TRY(read_rectangle(config, "size"));
        return TargetSize{.kind = Kind::exact, .height = size.height, .width = size.width};
    }
    if (only({"shortest_edge"})) {
        return TargetSize{.kind = Kind::shortest_edge, .shortest = TANDEM_TRY(side(object, "shortest_edge"))};
    }
    if (only({"shortest_edge", "longest_edge"})) {
        return TargetSize{.kind = Kind::shortest_and_longest_edge,
                          .shortest = TANDEM_TRY(side(object, "shortest_edge")),
                          .longest = TANDEM_TRY(side(object, "longest_edge"))};
    }
    if (only({"max_height", "max_width"})) {
        return TargetSize{.kind = Kind::fit,
                          .height = TANDEM_TRY(side(object, "max_height")),
                          .width = TANDEM_TRY(side(object, "max_width"))};
    }
    if (only({"longest_edge"})) {
        const std::int64_t longest = TANDEM_TRY(side(object, "longest_edge"));
        return TargetSize{.kind = Kind::fit, .height = longest, .width = longest};
    }
    return config.fault("CFG_TYPE",
                        "size: need height and width, shortest_edge, longest_edge, both edges, or max_height and "
                        "max_width, found " +
                            value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
}

// Three numbers, or one for all channels.
Result<std::array<float, 3>> read_channels(const ConfigReader& config, const char* key,
                                           const std::array<float, 3>& absent) {
    if (!config.has(key)) {
        return absent;
    }
    std::vector<double> values;
    if (config.value(key).is_array()) {
        values = TANDEM_TRY(config.reals(key));
    } else {
        values.assign(3, TANDEM_TRY(config.real(key)));
    }
    if (values.size() != 3) {
        return config.fault("CFG_TYPE", std::string(key) + ": need one number for each of 3 channels, found " +
                                            std::to_string(values.size()));
    }
    return std::array{static_cast<float>(values[0]), static_cast<float>(values[1]), static_cast<float>(values[2])};
}

Result<void> read_tiles(const ConfigReader& config, PreprocessorSettings& settings) {
    const Json& grids = config.value("image_grid_pinpoints");
    if (grids.is_null()) {
        settings.grids = {{336, 672}, {672, 336}, {672, 672}, {1008, 336}, {336, 1008}};
    } else if (!grids.is_array() || grids.empty() || grids.size() > most_grids) {
        return config.fault("CFG_TYPE", "image_grid_pinpoints: need a list of 1 to " + std::to_string(most_grids) +
                                            " sizes [height, width]");
    } else {
        for (const Json& grid : grids) {
            const bool is_size =
                grid.is_array() && grid.size() == 2 && grid[0].is_number_integer() && grid[1].is_number_integer();
            const HeightWidth size =
                is_size ? HeightWidth{grid[0].get<std::int64_t>(), grid[1].get<std::int64_t>()} : HeightWidth{};
            TANDEM_TRY(check_range("a height in image_grid_pinpoints", size.height, 1, largest_side, config.origin()));
            TANDEM_TRY(check_range("a width in image_grid_pinpoints", size.width, 1, largest_side, config.origin()));
            settings.grids.push_back(size);
        }
    }
    if (!settings.resize) {
        return config.unsupported("tiles without do_resize");
    }
    const TargetSize& target = *settings.resize;
    const std::int64_t edge = target.shortest;
    settings.thumbnail = edge > 0 ? HeightWidth{edge, edge} : HeightWidth{target.height, target.width};
    settings.tile = settings.crop ? settings.crop->height : edge > 0 ? edge : target.height;
    for (const HeightWidth& grid : settings.grids) {
        const auto along = [&](std::int64_t length) { return (length + settings.tile - 1) / settings.tile; };
        const std::int64_t tiles = along(grid.height) * along(grid.width);
        TANDEM_TRY(check_range("the number of tiles of image_grid_pinpoints", tiles, 1, most_tiles, config.origin()));
    }
    return {};
}

}  // namespace

Result<PreprocessorSettings> read_preprocessor(const ConfigReader& config, std::string_view family) {
    const Processor& processor = *TANDEM_TRY(processor_of(config, family));
    PreprocessorSettings settings;
    if (TANDEM_TRY(config.truth("do_resize", true))) {
        settings.resize = TANDEM_TRY(read_target(config, processor));
    }
    const std::int64_t filter = TANDEM_TRY(config.integer("resample", processor.filter));
    TANDEM_TRY(check_range("resample", filter, 0, 5, config.origin()));
    settings.filter = static_cast<Filter>(filter);
    if (TANDEM_TRY(config.truth("do_center_crop", processor.crops))) {
        if (config.has("crop_size")) {
            settings.crop = TANDEM_TRY(read_rectangle(config, "crop_size"));
        } else if (processor.crops) {
            settings.crop = HeightWidth{224, 224};
        } else {
            return config.fault("CFG_MISSING", "do_center_crop is true and there is no 'crop_size'");
        }
    }
    if (TANDEM_TRY(config.truth("do_rescale", true))) {
        settings.rescale = TANDEM_TRY(config.real("rescale_factor", 1.0 / 255));
    }
    if (TANDEM_TRY(config.truth("do_normalize", true))) {
        settings.mean = TANDEM_TRY(read_channels(config, "image_mean", processor.mean));
        settings.deviation = TANDEM_TRY(read_channels(config, "image_std", processor.deviation));
        for (const float deviation : settings.deviation) {
            if (!(deviation > 0)) {
                return config.fault("CFG_RANGE", "image_std has a number that is not above 0");
            }
        }
    }
    if (processor.tiles) {
        TANDEM_TRY(read_tiles(config, settings));
        return settings;  // its do_pad fills up batches of pictures with different numbers of tiles
    }
    TANDEM_TRY(config.refuse_unless("image_grid_pinpoints", nullptr));
    settings.pad = TANDEM_TRY(config.truth("do_pad", false));
    if (settings.pad && config.has("pad_size")) {
        settings.pad_size = TANDEM_TRY(read_rectangle(config, "pad_size"));
    }
    return settings;
}

Result<PreprocessorSettings> open_preprocessor(const std::filesystem::path& folder, std::string_view family) {
    std::error_code ignored;
    for (const char* name : {"processor_config.json", "preprocessor_config.json"}) {
        const auto path = folder / name;
        if (!std::filesystem::exists(path, ignored)) {
            continue;
        }
        const auto file = TANDEM_TRY(MappedFile::open(path));
        const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
        const Json json = TANDEM_TRY(parse_config(text, path.string()));
        const ConfigReader config(json, path.string());
        if (std::string_view(name) == "preprocessor_config.json") {
            return read_preprocessor(config, family);
        }
        if (config.has("image_processor")) {
            return read_preprocessor(TANDEM_TRY(config.object("image_processor")), family);
        }
    }
    return Error{.code = "PREPROCESSOR_MISSING",
                 .message =
                     "the model has no preprocessor_config.json, which says how pictures are resized and normalised; "
                     "nothing was computed",
                 .where = folder.string(),
                 .kind = ErrorKind::bad_input};
}

}  // namespace tandem
