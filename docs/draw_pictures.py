"""Draws the pictures of README and gallery: python docs/draw_pictures.py"""

from pathlib import Path

import glomtf
from glomtf.worlds import Figures, draw_sample

PICTURES = Path(__file__).parent / "pictures"
SCENES = {"figures": 2, "failure": 7}  # numbers of scenes of seed 2


def main():
    """Parse the samples and a few scenes with the bundled preset."""
    model = glomtf.load("icons")
    for name in ("robot", "face", "car"):
        figure = glomtf.parse(draw_sample(name), model).plot()
        figure.savefig(PICTURES / f"{name}.png", dpi=100)
    scenes = Figures(model.image_size[0]).scenes(8, seed=2)
    for name, number in SCENES.items():
        figure = glomtf.parse(scenes.images[number], model).plot()
        figure.savefig(PICTURES / f"{name}.png", dpi=100)


if __name__ == "__main__":
    main()
