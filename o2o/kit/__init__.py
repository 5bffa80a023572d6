"""Tools without a domain: clock, errors, money, locks, models."""
