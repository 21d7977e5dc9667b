"""Laws of dates and money (Hypothesis): a busy machine is no reason for one to fail."""

from hypothesis import settings

settings.register_profile("portal", deadline=None, print_blob=True)
settings.load_profile("portal")
