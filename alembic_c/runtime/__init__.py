"""Running migrations: environments, contexts, steps and plugins."""
