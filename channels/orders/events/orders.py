"""What happens to an order as a whole."""
