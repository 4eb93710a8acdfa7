"""GitHub: issues, pull requests, comments and the events that tell of them, as values and as changes to make."""
