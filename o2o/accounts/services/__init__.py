"""Every write about people and API clients, by subject."""
