"""What every test needs before anything is imported: a quiet TensorFlow, nothing more."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
