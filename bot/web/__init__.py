"""The one way out to the internet: what may be reached, how long and how much, and what came back."""
