"""Weights trained with glom-pytorch 0.0.14, put into a Glom."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from glomtf.model.glom import Glom

# A buffer glom-pytorch keeps when it has a radius; Glom computes its neighbourhoods itself.
IGNORED = ("attention.non_local_mask",)


def load_glom_pytorch(model, source):
    """Put glom-pytorch's weights into a Glom of the same sizes.

    The Glom needs glom-pytorch's architecture: ``stem="linear"``, ``mlp_ratio=4``,
    ``top_down_location="learned"``, ``top_down_activation="gelu"``, ``bottom_up_location=None``,
    ``initial_state="learned"``, ``assembly=0``, a square grid and two levels or more. What
    has no weights there (``consensus_self``, radius, beta, schedules, norms) is free. Nothing is
    assigned unless everything fits.

    Args:
        model: a :class:`glomtf.Glom`, changed in place.
        source: a ``.safetensors`` file, any other file that ``torch.save(glom.state_dict())``
            wrote, or a mapping of glom-pytorch's parameter names to arrays or torch tensors.

    Returns:
        ``model``.

    Raises:
        ValueError: the model cannot take such weights; entries are missing, unexpected or
            misshapen; or the file cannot be read.
        FileNotFoundError: no such file.
        ImportError: the package that reads such a file is not installed.
    """
    _check_model(model)
    entries = source if isinstance(source, Mapping) else _read(Path(source))
    entries = {name: value for name, value in entries.items() if name not in IGNORED}
    places = _places(model)
    _check_entries(entries, {name: shape for name, (shape, _) in places.items()})
    arrays = {name: _array(name, value) for name, value in entries.items()}
    for name, (_, assign) in places.items():
        assign(arrays[name])
    return model


def _check_model(model):
    if not isinstance(model, Glom):
        raise ValueError(f"Expected a Glom to load into. Received: {type(model).__name__}")
    needs = {
        "stem": "linear",
        "mlp_ratio": 4,
        "top_down_location": "learned",
        "top_down_activation": "gelu",
        "bottom_up_location": None,
        "initial_state": "learned",
        "assembly": 0,
    }
    has = model.get_config()
    if not isinstance(has["stem"], str):
        has["stem"] = f"a {type(model.stem).__name__}"
    wrong = [f"{name}={has[name]!r}" for name, value in needs.items() if has[name] != value]
    if model.grid[0] != model.grid[1]:
        wrong.append(f"a grid of {model.grid[0]} x {model.grid[1]} columns")
    if model.levels < 2:
        wrong.append(f"levels={model.levels}")
    if wrong:
        expected = ", ".join(f"{name}={value!r}" for name, value in needs.items())
        raise ValueError(
            "glom-pytorch's weights fit a Glom with "
            f"{expected}, a square grid and levels >= 2. Received: {', '.join(wrong)}"
        )


def _places(model):
    """Where each of glom-pytorch's entries goes: {name: (its shape there, how to assign it)}."""
    step, linear = model.step, model.stem.linear

    def whole(variable):
        return tuple(variable.shape), variable.assign

    def transposed(variable):
        return tuple(variable.shape[::-1]), lambda array: variable.assign(array.T)

    def grouped(layers):
        """A Conv1d of kernel size 1 with one group per layer, output channels group by group."""
        out, fan_in = layers[0].kernel.shape[::-1]

        def weights(array):
            for layer, kernel in zip(layers, array.reshape(-1, out, fan_in), strict=True):
                layer.kernel.assign(kernel.T)

        def biases(array):
            for layer, bias in zip(layers, array.reshape(-1, out), strict=True):
                layer.bias.assign(bias)

        return ((len(layers) * out, fan_in, 1), weights), ((len(layers) * out,), biases)

    places = {
        "image_to_tokens.1.weight": transposed(linear.kernel),
        "image_to_tokens.1.bias": whole(linear.bias),
        "pos_emb.weight": whole(step.location),
        "init_levels": whole(model.initial_levels),
    }
    for name, nets in (("bottom_up", step.bottom_up), ("top_down", step.top_down)):
        for number, layers in ((1, [net.hidden for net in nets]), (3, [net.out for net in nets])):
            weight, bias = grouped(layers)
            places[f"{name}.net.{number}.weight"] = weight
            places[f"{name}.net.{number}.bias"] = bias
    return places


def _check_entries(entries, shapes):
    """One line that lists everything that does not fit."""
    wrong = [f"missing {name} {shape}" for name, shape in shapes.items() if name not in entries]
    for name, value in entries.items():
        shape = tuple(getattr(value, "shape", np.shape(value)))
        if name not in shapes:
            wrong.append(f"unexpected {name} {shape}")
        elif shape != shapes[name]:
            wrong.append(f"{name}: expected {shapes[name]}, received {shape}")
    if wrong:
        raise ValueError(f"These weights do not fit this Glom: {'; '.join(wrong)}")


def _array(name, value):
    """An array or a torch tensor, of any precision, as float32."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu().float().numpy()
        return np.asarray(value, "float32")
    except (TypeError, ValueError) as error:
        raise ValueError(f"Expected numbers in {name}. Received: {type(value).__name__}") from error


def _read(path):
    """The entries of a weights file."""
    if not path.is_file():
        raise FileNotFoundError(f"Expected a file of glom-pytorch weights. Received: {path}")
    package = "safetensors" if path.suffix == ".safetensors" else "torch"
    try:
        if package == "safetensors":
            from safetensors.numpy import load_file
        else:
            import torch
    except ImportError as error:
        raise ImportError(
            f"Reading {path} needs the package {package}: pip install {package}"
        ) from error
    try:
        if package == "safetensors":
            entries = load_file(path)
        else:
            entries = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # both packages raise many kinds for a file that is not theirs
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(
            f"Expected weights that {package} can read, such as a saved state_dict. "
            f"Received: {path} ({type(error).__name__}: {reason})"
        ) from error
    if not isinstance(entries, Mapping):
        raise ValueError(
            f"Expected a state_dict, names to tensors. Received: {path} "
            f"with a {type(entries).__name__}"
        )
    return entries
