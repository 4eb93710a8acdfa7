"""BibTeX text and what it means: blocks, entries, papers, keys, order, rules, duplicates."""
