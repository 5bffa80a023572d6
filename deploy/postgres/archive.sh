#!/bin/sh
# PostgreSQL's archive_command: keep one WAL segment, whole and on the disk, or fail so that it is tried again.
# archive.sh PATH NAME
set -eu
target="/backups/wal/$2.gz"
[ ! -e "$target" ] || { gzip -dc "$target" | cmp -s - "$1"; exit; }
gzip -c "$1" >"$target.unfinished"
sync "$target.unfinished"
mv "$target.unfinished" "$target"
