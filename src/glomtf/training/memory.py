"""Keep freed memory for the next step of a training instead of handing it back to the system."""

import ctypes
from contextlib import contextmanager

# Parameters of mallopt(3), as numbered in glibc's <malloc.h>: (parameter, value to keep what is
# freed, value that glibc starts with). Nothing is trimmed, much is asked for at once, and nothing
# however large gets pages of its own, which would go back with it.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = (-1, -1, 128 * 1024), (-2, 256 * 2**20, 0), (-4, 0, 65536)


@contextmanager
def freed_memory_kept():
    """A block within which this process' allocator keeps what is freed.

    Every step of a training asks for the same large buffers. glibc gives each back to the system
    when it is freed and gets it anew, page by page, which takes up to a third of a step on a CPU
    (docs/performance.md). Arrays made before the block go back as ever; what the block has kept
    goes back after it. With other allocators, and on other systems, nothing is different.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    for parameter, keeping, _ in (TRIM_THRESHOLD, TOP_PAD, MMAP_MAX):
        libc.mallopt(parameter, keeping)
    try:
        yield
    finally:
        for parameter, _, usual in (TRIM_THRESHOLD, TOP_PAD, MMAP_MAX):
            libc.mallopt(parameter, usual)
        libc.malloc_trim(0)


def _glibc():
    """The C library if it is glibc: others number mallopt's parameters differently or have none."""
    try:
        libc = ctypes.CDLL(None)
        return libc if libc.gnu_get_libc_version else None
    except (AttributeError, OSError, TypeError):
        return None
