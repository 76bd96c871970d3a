"""Write numbers and pictures for TensorBoard, on any backend and without its package."""

import io
import os

import numpy as np


class EventFile:
    """A logger that appends to an event file: ``tensorboard --logdir FOLDER`` shows it.

    Args:
        folder: made with the first entry; every object writes a file of its own there.
    """

    def __init__(self, folder):
        self.folder = os.fspath(folder)
        self._writer = None

    def log(self, values, step):
        """Append numbers and pictures and bring them to the disk.

        Args:
            values: {tag: number, or (H, W, 3) uint8 picture}.
            step: whole number on TensorBoard's horizontal axis.
        """
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=step):
            for tag, value in values.items():
                # tf.summary.scalar and image need the tensorboard package; what they write is
                # a tensor with a note on which page of TensorBoard it belongs.
                if np.ndim(value) == 0:
                    tensor, page, kind = tf.constant(value, tf.float32), "scalars", 1
                else:
                    height, width = value.shape[:2]
                    tensor = tf.constant([str(width), str(height), _png(value)])
                    page, kind = "images", 3
                note = tf.compat.v1.SummaryMetadata(data_class=kind)
                note.plugin_data.plugin_name = page
                tf.summary.write(tag, tensor, metadata=note)
        self._writer.flush()


def _png(pixels):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
