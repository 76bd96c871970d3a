"""One contender in a process of its own: reads a case as JSON, prints what was measured as JSON.

python -m glomtf.bench.measure '{"who": "glomtf", "task": "forward", ...}'; the cases are those of
:mod:`glomtf.bench.plan`.
"""

import json
import resource
import subprocess
import sys
import time


def main(case):
    """Measure one case: {"first", "seconds", "grown_mb", ...}."""
    make = {"glomtf": _glomtf, "glom-pytorch": _glom_pytorch, "peak": _peak, "command": _command}
    run, facts = make[case["who"]](case)
    before = _peak_mb()
    first = _seconds(run)
    seconds = [_seconds(run) for _ in range(case["runs"])]
    grown = _peak_mb() - before
    return {"first": first, "seconds": seconds, "grown_mb": grown} | facts


def _seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def _glomtf(case):
    import keras
    import tensorflow as tf

    from glomtf.bench.floor import call_bytes, forward_flops
    from glomtf.model.glom import Glom

    keras.utils.set_random_seed(0)
    more = {name: case[name] for name in ("remat", "local_consensus_radius") if name in case}
    model = Glom(**case["sizes"], **more, dtype=case["dtype"])
    images = tf.random.normal((case["batch"], 3, *model.image_size))
    call = {"iters": case["iters"], "levels_wanted": case.get("levels_wanted")}
    facts = {"versions": {"tensorflow": tf.__version__, "keras": keras.__version__}}
    train = case["task"] == "train"
    if not case.get("local_consensus_radius"):
        # Backwards there are two products for each one forwards.
        facts["flops"] = (3 if train else 1) * forward_flops(model, case["batch"], **call)
        facts["bytes"] = call_bytes(model, case["batch"], **call, train=train)
    if not train:
        return lambda: _wait(model(images, **call)), facts
    weights = [v.value for v in model.trainable_variables]

    @tf.function(autograph=False)
    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.cast(model(images, **call), "float32")))
        return tape.gradient(loss, weights)

    return lambda: _wait(gradients()[0]), facts


def _wait(tensor):
    """TensorFlow may return before it is done; reading one number waits."""
    return float(tensor[(0,) * len(tensor.shape)])


def _glom_pytorch(case):
    import importlib.metadata

    import torch
    from glom_pytorch import Glom
    from torch.utils.checkpoint import checkpoint

    torch.manual_seed(0)
    model = Glom(**case["sizes"])
    size = case["sizes"]["image_size"]
    images, iters = torch.randn(case["batch"], 3, size, size), case["iters"]
    settle = torch.compile(model) if case.get("compile") else model
    half = torch.autocast("cpu", dtype=torch.bfloat16, enabled=case["dtype"] != "float32")
    facts = {
        "versions": {
            "torch": torch.__version__, "glom-pytorch": importlib.metadata.version("glom-pytorch"),
        }
    }  # fmt: skip

    def forward():
        with torch.no_grad(), half:
            settle(images, iters=iters)

    def train():
        model.zero_grad()
        with half:
            if case.get("checkpoint"):  # the user's way: one step at a time from the state before
                state = settle(images, iters=1)
                for _ in range(iters - 1):
                    state = checkpoint(_one_step, settle, images, state, use_reentrant=False)
            else:
                state = settle(images, iters=iters)
        (state.float() ** 2).mean().backward()

    return {"forward": forward, "train": train}[case["task"]], facts


def _one_step(model, images, state):
    return model(images, iters=1, levels=state)


def _peak(case):
    """What the machine does at best: products of two square matrices, or sums in memory."""
    import tensorflow as tf

    side = case["side"]
    if case["task"] == "memory":  # far larger than the caches; in place, so nothing is allocated
        total = tf.Variable(tf.ones((side, side)))
        more = tf.ones((side, side))
        return lambda: _wait(total.assign_add(more)), {"bytes": 3 * 4 * side**2}
    a = tf.cast(tf.random.normal((side, side)), case["dtype"])
    product = tf.function(tf.matmul).get_concrete_function(a, a)
    return lambda: _wait(tf.cast(product(a, a), "float32")), {"flops": 2 * side**3}


def _command(case):
    """A whole process, from its start to its end."""
    return lambda: subprocess.run(case["command"], check=True, capture_output=True), {}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
