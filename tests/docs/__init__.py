"""Every code block of the pages in docs/ is run, and its output compared."""
