"""What happened, told to whoever must know: domain events, outbox, webhooks, idempotency."""
