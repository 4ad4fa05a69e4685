#!/usr/bin/env python3
"""Writes tests/data/pictures/: small pictures of every kind that is read, and what Pillow and transformers make of them.

  NAME.png, NAME.jpg        the pictures
  decoded.safetensors       u8 [height, width, 3] under each file's name, as Pillow opens it, turns it by its
                            orientation and converts it to RGB
  resized.safetensors       u8, one picture by every filter at several sizes, "FILTER HEIGHTxWIDTH"
  CASE.json                 preprocessor_config.json of a case; "files" and "family" beside it
  processed.safetensors     f32 [views, 3, height, width] under each case's name, as transformers' processor of Pillow and
                            numpy computes it; tensors "CASE views" how many each picture became

Needs numpy, Pillow, safetensors, torch and transformers.
"""
import io
import json
import pathlib
import shutil
import struct
import zlib

import numpy as np
import PIL
import transformers
from PIL import Image, ImageOps
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parent / "pictures"
VERSIONS = {"pillow": PIL.__version__, "transformers": transformers.__version__}


def scene(height, width, seed):
    """Photo-like: slow gradients, a disc with an edge, and noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    red = 255 * x / max(width - 1, 1)
    green = 255 * y / max(height - 1, 1)
    blue = 127 + 127 * np.sin(x / 5 + y / 9)
    picture = np.stack([red, green, blue], -1)
    disc = (y - height / 3) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 4) ** 2
    picture[disc] = 255 - picture[disc]
    return np.clip(picture + random.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)


def raw_png(path, width, height, depth, colour, rows, extra=()):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    for kind, content in extra:
        data += chunk(kind, content)
    data += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b"")
    path.write_bytes(data)


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def write_pictures():
    photo = Image.fromarray(scene(23, 31, 1))
    photo.save(OUT / "rgb.png")
    photo.convert("L").save(OUT / "grey.png")
    photo.convert("L").convert("1").save(OUT / "one_bit.png")
    alpha = Image.fromarray((scene(23, 31, 2)[..., 0]))
    with_alpha = photo.copy()
    with_alpha.putalpha(alpha)
    with_alpha.save(OUT / "alpha.png")
    grey_alpha = photo.convert("L")
    grey_alpha.putalpha(alpha)
    grey_alpha.save(OUT / "grey_alpha.png")
    photo.quantize(13).save(OUT / "palette.png")
    photo.quantize(30).save(OUT / "palette_transparent.png", transparency=3)
    photo.save(OUT / "transparent_colour.png", transparency=tuple(int(v) for v in scene(23, 31, 1)[0, 0]))
    photo.transpose(Image.Transpose.ROTATE_90).save(OUT / "turned.png", exif=exif_of(6))
    deep = scene(19, 23, 3).astype(np.uint16) * 257 - 100
    raw_png(OUT / "deep.png", 23, 19, 16, 2, [row.astype(">u2").tobytes() for row in deep])
    deep_grey = scene(19, 23, 3)[..., :1].astype(np.uint16) * 257
    raw_png(OUT / "deep_grey.png", 23, 19, 16, 0, [row.astype(">u2").tobytes() for row in deep_grey])
    deep_alpha = np.concatenate([deep, deep_grey], -1)
    raw_png(OUT / "deep_alpha.png", 23, 19, 16, 6, [row.astype(">u2").tobytes() for row in deep_alpha])
    four = scene(9, 14, 4)[..., 0] >> 4
    raw_png(OUT / "four_bits.png", 14, 9, 4, 0, [bytes(row[0::2] << 4 | row[1::2]) for row in four])

    jpeg = dict(quality=88, optimize=True)
    photo.save(OUT / "half_colour.jpg", subsampling="4:2:0", **jpeg)
    photo.save(OUT / "wide_colour.jpg", subsampling="4:2:2", **jpeg)
    photo.save(OUT / "full_colour.jpg", subsampling="4:4:4", **jpeg)
    photo.save(OUT / "progressive.jpg", progressive=True, **jpeg)
    photo.convert("L").save(OUT / "grey.jpg", **jpeg)
    photo.convert("CMYK").save(OUT / "ink.jpg", **jpeg)
    photo.save(OUT / "rgb_stored.jpg", keep_rgb=True, **jpeg)
    small = Image.fromarray(scene(11, 17, 5))
    for orientation in range(1, 9):
        small.save(OUT / f"turned_{orientation}.jpg", exif=exif_of(orientation), **jpeg)
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
    small.save(OUT / "turned_xmp.jpg", xmp=xmp, **jpeg)
    Image.fromarray(scene(60, 27, 6)).save(OUT / "tall.jpg", **jpeg)
    Image.fromarray(scene(16, 80, 7)).save(OUT / "wide.jpg", **jpeg)


def opened(name):
    return ImageOps.exif_transpose(Image.open(OUT / name)).convert("RGB")


def write_decoded():
    names = sorted(path.name for path in OUT.iterdir())
    arrays = {name: np.array(opened(name)) for name in names if name != "deep_grey.png"}
    save_file(arrays, OUT / "decoded.safetensors", metadata=VERSIONS)


def write_resized():
    picture = opened("rgb.png")
    arrays = {}
    for name in ("NEAREST", "LANCZOS", "BILINEAR", "BICUBIC", "BOX", "HAMMING"):
        for height, width in ((9, 9), (23, 12), (30, 31), (7, 50)):
            resized = picture.resize((width, height), getattr(Image.Resampling, name))
            arrays[f"{name} {height}x{width}"] = np.array(resized)
    save_file(arrays, OUT / "resized.safetensors", metadata=VERSIONS)


PHOTOS = ["rgb.png", "palette.png", "tall.jpg", "wide.jpg"]
CASES = {
    "vit": ("vit", "ViTImageProcessorPil", PHOTOS, dict(size={"height": 12, "width": 14})),
    "vit_old": ("vit", "ViTImageProcessorPil", ["grey.png", "alpha.png"],
                dict(size=10, resample=3, feature_extractor_type="ViTFeatureExtractor", image_mean=[0.5, 0.4, 0.3],
                     image_std=[0.1, 0.2, 0.3])),
    "clip": ("clip_vision", "CLIPImageProcessorPil", PHOTOS,
             dict(size={"shortest_edge": 14}, crop_size={"height": 14, "width": 14})),
    "clip_old": ("clip_vision", "CLIPImageProcessorPil", ["rgb.png", "turned_6.jpg"],
                 dict(size=13, crop_size=12, feature_extractor_type="CLIPFeatureExtractor", resample=1)),
    "clip_crop_larger": ("clip_vision", "CLIPImageProcessorPil", ["rgb.png", "wide.jpg"],
                         dict(size={"shortest_edge": 9}, crop_size={"height": 14, "width": 13})),
    "clip_edges": ("clip_vision", "CLIPImageProcessorPil", ["tall.jpg", "rgb.png"],
                   dict(size={"shortest_edge": 16, "longest_edge": 25}, crop_size={"height": 12, "width": 10})),
    "clip_no_resize": ("clip_vision", "CLIPImageProcessorPil", ["half_colour.jpg"],
                       dict(do_resize=False, crop_size={"height": 11, "width": 12}, do_normalize=False)),
    "bit": ("dinov2", "BitImageProcessorPil", PHOTOS,
            dict(size={"shortest_edge": 18}, crop_size={"height": 14, "width": 14},
                 image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225],
                 rescale_factor=0.00392156862745098)),
    "siglip": ("siglip_vision", "SiglipImageProcessorPil", ["rgb.png", "tall.jpg", "ink.jpg"],
               dict(size={"height": 16, "width": 16})),
    "siglip_levels": ("siglip_vision", "SiglipImageProcessorPil", ["rgb.png"],
                      dict(size={"height": 9, "width": 9}, do_rescale=False, resample=0)),
    "fit_padded": ("siglip_vision", "SiglipImageProcessorPil", ["tall.jpg", "wide.jpg"],
                   dict(size={"max_height": 20, "max_width": 18}, do_pad=True)),
    "padded_to": ("siglip_vision", "SiglipImageProcessorPil", ["tall.jpg"],
                  dict(size={"height": 11, "width": 9}, do_pad=True, pad_size={"height": 12, "width": 14})),
    "tiles": ("clip_vision", "LlavaNextImageProcessorPil", ["tall.jpg", "wide.jpg", "rgb.png"],
              dict(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8},
                   image_grid_pinpoints=[[8, 16], [16, 8], [16, 16], [24, 8], [8, 24]])),
}


def write_processed():
    arrays = {}
    for name, (family, processor_class, files, options) in CASES.items():
        keys = {key: value for key, value in options.items() if key != "feature_extractor_type"}
        processor = getattr(transformers, processor_class)(**keys)
        saved = json.loads(processor.to_json_string())
        if "feature_extractor_type" in options:  # as old files are
            saved = {key: value for key, value in options.items()}
        if "tiles" in name:
            batches = [processor(images=[opened(file)], return_tensors="np")["pixel_values"][0] for file in files]
            arrays[name] = np.concatenate(batches).astype(np.float32)
            arrays[name + " views"] = np.array([len(batch) for batch in batches], dtype=np.int32)
        else:
            arrays[name] = processor(images=[opened(file) for file in files], return_tensors="np")[
                "pixel_values"].astype(np.float32)
            arrays[name + " views"] = np.ones(len(files), dtype=np.int32)
        (OUT / f"{name}.json").write_text(
            json.dumps({"family": family, "files": files, "preprocessor": saved}, indent=1) + "\n")
    save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, OUT / "processed.safetensors",
              metadata=VERSIONS)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    write_pictures()
    write_decoded()
    write_resized()
    write_processed()
    for path in OUT.iterdir():
        path.chmod(0o644)
    print(sum(path.stat().st_size for path in OUT.iterdir()), "bytes")


if __name__ == "__main__":
    main()
