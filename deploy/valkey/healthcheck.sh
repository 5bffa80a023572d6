#!/bin/sh
# Ask Valkey to answer, with the password from its file.
set -eu
REDISCLI_AUTH="$(cat "$VALKEY_PASSWORD_FILE")" valkey-cli ping | grep -q PONG
