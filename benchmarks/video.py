"""What carrying the state from frame to frame saves, and what it costs: moving figures.

python benchmarks/video.py
"""

import numpy as np

import glomtf
from glomtf.islands import adjusted_rand
from glomtf.worlds import Figures, Moving
from glomtf.worlds.scene import column_labels

VIDEOS, FRAMES, SPEEDS = 4, 12, (0.0, 0.25, 1.0)


def main():
    """Print, per speed, means over the frames after the first, carrying on and afresh."""
    model = glomtf.load("icons")
    top = model.reading.object_level - 1
    print("pixels per frame: steps carrying on (afresh), ARI of objects with the truth (afresh)")
    for speed in SPEEDS:
        films = Moving(Figures(model.image_size[0]), (speed, speed)).videos(VIDEOS, FRAMES, seed=0)
        found = []
        for film, objects in zip(films.images, films.objects, strict=True):
            truth = column_labels(objects, model.patch_size)
            frames = glomtf.parse_video(film, model).frames
            for frame, true in list(zip(frames, truth, strict=True))[1:]:
                steps = frame.steps, frame.steps_afresh
                maps = frame.levels[top].labels, frame.labels_afresh[top]
                found.append([*steps, *(adjusted_rand(true, one) for one in maps)])
        steps, steps_afresh, ari, ari_afresh = np.mean(found, axis=0)
        print(f"{speed:g}: {steps:.1f} ({steps_afresh:.1f}), {ari:.3f} ({ari_afresh:.3f})")


if __name__ == "__main__":
    main()
