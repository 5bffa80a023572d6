#!/bin/sh
# Give the backup folders to PostgreSQL's user, then start as the image does.
set -eu
install -d -o postgres -g postgres -m 0700 /backups /backups/wal /backups/base
exec docker-entrypoint.sh postgres "$@"
