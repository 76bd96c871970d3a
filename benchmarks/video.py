"""What carrying the state from frame to frame saves: steps until still, on moving figures.

python benchmarks/video.py
"""

import numpy as np

import glomtf
from glomtf.worlds import Figures, Moving

VIDEOS, FRAMES, SPEEDS = 4, 12, (0.0, 0.25, 1.0)


def main():
    """Print mean steps per frame after the first, carrying on and afresh, for each speed."""
    model = glomtf.load("icons")
    print("pixels per frame: steps carrying on, steps afresh")
    for speed in SPEEDS:
        films = Moving(Figures(), (speed, speed)).videos(VIDEOS, FRAMES, seed=0).images
        later = [f for film in films for f in glomtf.parse_video(film, model).frames[1:]]
        means = (np.mean([getattr(f, name) for f in later]) for name in ("steps", "steps_afresh"))
        print(f"{speed:g}: " + ", ".join(f"{mean:.1f}" for mean in means))


if __name__ == "__main__":
    main()
