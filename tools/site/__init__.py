"""What the site's pages are made of that is not written by hand."""
