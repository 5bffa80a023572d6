"""What stands behind the Dockerfile and docker-compose.yml; plain Python, no package of O2O."""
