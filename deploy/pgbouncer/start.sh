#!/bin/sh
# Write the password that PgBouncer needs on both sides to a file in memory, then become PgBouncer.
set -eu
umask 077
folder="${PGBOUNCER_RUN_DIR:-/run/pgbouncer}"
password="$(cat "${O2O_APP_PASSWORD_FILE:?names the file with the password of o2o_app}")"
# In this file a double quote is written twice.
printf '"o2o_app" "%s"\n' "$(printf '%s' "$password" | sed 's/"/""/g')" >"$folder/userlist.txt"
exec pgbouncer "${PGBOUNCER_INI:-/etc/pgbouncer/o2o.ini}"
