"""Further ways to see what commands tell: the revision graph as a picture, JSON."""
