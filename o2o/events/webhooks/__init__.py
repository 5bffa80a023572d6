"""Events told to other companies' programs over HTTP, signed, tried again, and logged (``docs/webhooks.md``)."""
