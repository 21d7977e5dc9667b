"""How much memory a process has held."""

import resource
import sys

KIB_A_MIB = 1024


def peak_mib() -> float:
    """The most memory this process has ever held; macOS counts in bytes, others in KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / KIB_A_MIB / (KIB_A_MIB if sys.platform == "darwin" else 1)
