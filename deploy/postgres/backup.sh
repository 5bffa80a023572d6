#!/bin/sh
# Take a base backup beside the archived WAL and forget what is older than the backups that are kept.
# Run it nightly: docker compose exec -T -u postgres postgres sh /deploy/backup.sh
set -eu
backups=/backups/base
archive=/backups/wal
keep="${KEEP_BACKUPS:-7}"

name="$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$backups"
rm -rf "$backups"/*.unfinished
pg_basebackup --username=postgres --pgdata="$backups/$name.unfinished" --format=tar --gzip --checkpoint=fast \
  --wal-method=none --label="o2o $name"
mv "$backups/$name.unfinished" "$backups/$name"

# Oldest first; all but the newest $keep go.
excess=$(( $(ls -1 "$backups" | wc -l) - keep ))
[ "$excess" -le 0 ] || ls -1 "$backups" | head -n "$excess" | while read -r old; do rm -rf "${backups:?}/$old"; done

# WAL from before the oldest backup that is left serves nothing any more.
oldest="$(ls -1 "$backups" | head -n 1)"
first="$(tar -xzOf "$backups/$oldest/base.tar.gz" backup_label | sed -n 's/^START WAL LOCATION: .*file \([0-9A-F]*\).*/\1/p')"
[ -z "$first" ] || pg_archivecleanup -x .gz "$archive" "$first"
echo "backup $name is in $backups; kept: $(ls -1 "$backups" | tr '\n' ' ')"
