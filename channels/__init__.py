"""Where the business sells: stores, catalogue, stock, orders, connectors to other platforms, partners."""
