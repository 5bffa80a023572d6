"""Merchants, who works for them in which role, and the walls between them."""
