"""What all tests share."""

from hypothesis import settings

# A slow machine is no failure; and the examples of a run are those of every other machine's.
settings.register_profile("here", deadline=None, derandomize=True, database=None)
settings.load_profile("here")
