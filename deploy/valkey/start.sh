#!/bin/sh
# Start Valkey with its password from a file, which neither the command line nor the environment shows.
# Arguments become lines of the configuration: start.sh "appendonly yes" "maxmemory 512mb"
set -eu
umask 077
configuration="${VALKEY_RUN_DIR:-/run/valkey}/valkey.conf"
password="$(cat "${VALKEY_PASSWORD_FILE:?names the file with the password}")"
{
  printf 'requirepass %s\n' "$password"
  printf '%s\n' "$@"
} >"$configuration"
exec "${VALKEY_SERVER:-valkey-server}" "$configuration"
