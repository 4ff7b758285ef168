"""Programs for developers; each says in its head how it is run."""
