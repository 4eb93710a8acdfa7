"""What readers see: the README's regions, the list pages, the statistics and their picture."""
