"""A folder as a platform would hand it over: invented, consistent, the same for the same seed."""

from portal.handover.sample.folder import make_sample

__all__ = ["make_sample"]
