"""Where a merchant sells and where its stock lies: channels, stores, warehouses, hours."""
