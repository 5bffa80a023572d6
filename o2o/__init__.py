"""The ground floor of O2O: what every app above it stands on."""
