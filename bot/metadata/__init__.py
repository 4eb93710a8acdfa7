"""What scholarly sources say about works, and the entry that follows from it."""
