"""resources/data/make_slm.py keeps the layers that it says, bit for bit, and refuses what it cannot cut."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "resources" / "data"))

import make_slm  # noqa: E402

NAMES = ["model.embed_tokens.weight", *(f"model.layers.{n}.mlp.up_proj.weight" for n in range(12)), "model.norm.weight"]


def write_folder(folder, names=NAMES, **config):
    folder.mkdir()
    header, data = {}, b""
    for number, name in enumerate(names):
        header[name] = {"dtype": "F32", "shape": [2], "data_offsets": [len(data), len(data) + 8]}
        data += struct.pack("<2f", number, -number)
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "num_hidden_layers": 12, **config}))
    (folder / "tokenizer.json").write_text("{}")


def read_tensors(path):
    with open(path, "rb") as file:
        header, begin = make_slm.read_header(file)
        data = file.read()
    assert begin % 8 == 0
    return {name: struct.unpack("<2f", data[entry["data_offsets"][0]:entry["data_offsets"][1]])[0]
            for name, entry in header.items() if name != "__metadata__"}


class MakeSlm(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder, self.out = pathlib.Path(place.name) / "large", pathlib.Path(place.name) / "small"

    def run_script(self, *arguments):
        return subprocess.run([sys.executable, make_slm.__file__, self.folder, self.out, *arguments], capture_output=True, text=True)

    def refused(self, words, *arguments):
        done = self.run_script(*arguments)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual([path.name for path in self.out.parent.iterdir() if path != self.folder], [])

    def test_layers_are_spread_evenly_with_the_first_and_the_last(self):
        self.assertEqual(make_slm.spread(6, 30), [0, 6, 12, 17, 23, 29])
        self.assertEqual(make_slm.spread(1, 30), [0])
        self.assertEqual(make_slm.spread(30, 30), list(range(30)))

    def test_chosen_layers_get_new_numbers_and_keep_their_values(self):
        write_folder(self.folder, layer_types=["full_attention"] * 11 + ["sliding_attention"])
        self.assertEqual(self.run_script("--keep", "0,3,11").returncode, 0)
        self.assertEqual(read_tensors(self.out / "model.safetensors"),
                         {"model.embed_tokens.weight": 0, "model.layers.0.mlp.up_proj.weight": 1,
                          "model.layers.1.mlp.up_proj.weight": 4, "model.layers.2.mlp.up_proj.weight": 12, "model.norm.weight": 13})
        config = json.loads((self.out / "config.json").read_text())
        self.assertEqual(config["num_hidden_layers"], 3)
        self.assertEqual(config["layer_types"], ["full_attention", "full_attention", "sliding_attention"])
        self.assertEqual((self.out / "tokenizer.json").read_text(), "{}")

    def test_layers_that_are_not_there_or_out_of_order_are_refused(self):
        write_folder(self.folder)
        self.refused("found [0, 12]", "--keep", "0,12")
        self.refused("found [3, 1]", "--keep", "3,1")
        self.refused("allowed are 1 to 12", "--layers", "13")

    def test_files_that_cannot_be_cut_are_refused(self):
        write_folder(self.folder, names=["encoder.block.0.weight"])
        self.refused("names no tensors of layer 0", "--layers", "2")

    def test_a_file_that_ends_early_is_refused(self):
        write_folder(self.folder)
        path = self.folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-12])
        self.refused("ends inside a tensor", "--layers", "2")

    def test_what_is_there_is_never_overwritten(self):
        write_folder(self.folder)
        self.out.mkdir()
        done = self.run_script("--layers", "2")
        self.assertIn("is there already", done.stderr)
        self.assertEqual(list(self.out.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
