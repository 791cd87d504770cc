#!/usr/bin/env bash
# Builds versitygw, an S3 server over a folder, from its published Go module.
#
#   test/real/build-versitygw.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `versitygw-<version>` of the cache) holds the program, which was seen to answer
# --version. Prints OUTDIR on stdout, everything else on stderr. What is there already is kept.
set -euo pipefail

versitygw_version=1.8.0
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/versitygw-$versitygw_version}

say() { printf 'build-versitygw: %s\n' "$*" >&2; }
works() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

if ! works "$out/versitygw"; then
  command -v go >/dev/null || { say "there is no \`go\` on PATH: install Go 1.26 or newer, or put versitygw on PATH"; exit 1; }
  say 'building versitygw (two to four minutes the first time)'
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd / && GOBIN=$work CGO_ENABLED=0 go install -trimpath "github.com/versity/versitygw/cmd/versitygw@v$versitygw_version" >&2)
  works "$work/versitygw" || { say "built versitygw, but \`versitygw --version\` fails"; exit 1; }
  mkdir -p "$out"
  mv "$work/versitygw" "$out/.versitygw.$$"
  mv "$out/.versitygw.$$" "$out/versitygw"
  say "versitygw is ready after $SECONDS s"
fi
printf '%s\n' "$out"
