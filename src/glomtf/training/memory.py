"""Keep freed memory for the next step of a training instead of handing it back to the system."""

import ctypes

# Parameters of mallopt(3), as numbered in glibc's <malloc.h>.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
AHEAD = 256 * 2**20  # bytes asked of the system at once


def keep_freed_memory():
    """Tell this process' allocator to keep what is freed; whether it could be told.

    Every step of a training asks for the same large buffers. glibc gives each back to the system
    when it is freed and gets it anew, page by page, which takes up to a third of a step on a CPU
    (docs/performance.md). It holds for the rest of the process, which from then on stays as large
    as it ever was. With other allocators, and on other systems, nothing happens.
    """
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 (others have a mallopt that means something else)
        tell = libc.mallopt
    except (AttributeError, OSError, TypeError):
        return False
    # A threshold of -1 is none at all.
    wanted = ((MMAP_MAX, 0), (TRIM_THRESHOLD, -1), (TOP_PAD, AHEAD))
    return all([tell(parameter, value) == 1 for parameter, value in wanted])
