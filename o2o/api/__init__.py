"""What every route of the REST API has in common, and the health pages."""
