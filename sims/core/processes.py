"""Processes that don't outlive the one that started them."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Name of Linux's `prctl`."""


def die_with(parent: int) -> None:
    """End this process when process `parent`, which started it, ends, even by a kill (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
