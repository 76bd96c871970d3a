"""Record what glom-pytorch 0.0.14 computes: run once, the test suite reads the file.

    pip install torch==2.13.0 numpy einops && pip install --no-deps glom-pytorch==0.0.14
    python tests/model/record_glom_pytorch.py

Writes ``fixtures/glom_pytorch.npz``: ``weights/NAME`` as glom-pytorch names them, ``images``,
``start`` (a given state) and per run ``states/RUN``, all T + 1 of them.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from glom_pytorch import Glom

SIZES = {"dim": 16, "levels": 3, "image_size": 28, "patch_size": 7}
RUNS = {  # name: (arguments of the model, arguments of the call)
    "plain": ({}, {"iters": 4}),
    "default_iters": ({}, {}),
    "consensus_self": ({"consensus_self": True}, {"iters": 3}),
    "radius": ({"local_consensus_radius": 1.5}, {"iters": 3}),
    "given_levels": ({}, {"iters": 3, "levels": True}),
}


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    weights = Glom(**SIZES).state_dict()
    # Larger than at birth, so that every net has a visible share in every state.
    weights = {k: v * (3.0 if "net" in k else 1.0) for k, v in weights.items()}
    images = torch.randn(2, 3, SIZES["image_size"], SIZES["image_size"])
    start = torch.randn(2, 16, SIZES["levels"], SIZES["dim"])

    record = {"images": images, "start": start}
    for name, (build, call) in RUNS.items():
        model = Glom(**SIZES, **build)
        model.load_state_dict(weights, strict=False)
        call = {**call, "levels": start} if "levels" in call else call
        with torch.no_grad():
            record[f"states/{name}"] = model(images, return_all=True, **call)
        weights = {**weights, **dict(model.named_buffers())}  # radius: its mask, as saved files
    record |= {f"weights/{name}": value for name, value in weights.items()}

    path = Path(__file__).parent / "fixtures" / "glom_pytorch.npz"
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **{name: value.numpy() for name, value in record.items()})
    print(f"torch {version('torch')}, glom-pytorch {version('glom-pytorch')}")
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB, {len(record)} arrays")


if __name__ == "__main__":
    main()
