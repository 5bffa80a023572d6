"""What stands behind the words of the Makefile. Only `environment` must run on a bare Python."""
