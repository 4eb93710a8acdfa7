"""The sources that the bot asks, one module each."""
