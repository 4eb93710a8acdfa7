"""From preprint to published paper: candidates, whether one is the same work, and what changes."""
