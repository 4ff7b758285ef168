"""Where test runs look for this package's pytest plugin; SQLAlchemy's does the work."""
