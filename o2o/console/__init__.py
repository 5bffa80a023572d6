"""The shell of the merchant console: site, navigation, home, shared components."""
