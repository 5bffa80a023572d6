"""What happens to the part of an order that one location makes ready."""
