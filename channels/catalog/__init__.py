"""What a merchant sells, and at which price in which channel."""
