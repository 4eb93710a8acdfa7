"""The bot that keeps a curated list of papers alive; start reading at ``cli``."""
