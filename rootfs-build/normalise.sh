# shellcheck shell=bash
# What makes two builds the same to the byte: owners, modes and times that depend on nothing.

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1735689600} # 2025-01-01; only has to stay the same
MODE_DIRECTORY=755
MODE_PROGRAM=755
MODE_FILE=644

normalise() {
  local root=$1
  chown -hR 0:0 "$root"
  find "$root" -type d -exec chmod "$MODE_DIRECTORY" {} +
  find "$root" -type f -perm /111 -exec chmod "$MODE_PROGRAM" {} +
  find "$root" -type f ! -perm /111 -exec chmod "$MODE_FILE" {} +
  chmod 1777 "$root/tmp"
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# The digest of names, owners, modes, times and contents together.
digest() {
  tar --create --directory="$1" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
    --owner=0 --group=0 --numeric-owner . | sha256sum | cut -d' ' -f1
}
