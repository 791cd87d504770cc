#!/usr/bin/env bash
# Builds the real cosign from its published Go module.
#
#   test/real/build-cosign.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `cosign-<version>` of the cache) holds `cosign`, which was seen to answer `version`.
# Prints OUTDIR on stdout, everything else on stderr. What is there already is kept. With COSIGN_BIN set nothing is built.
set -euo pipefail

cosign_version=3.1.3
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/cosign-$cosign_version}

say() { printf 'build-cosign: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
works() { [ -x "$1" ] && "$1" version >/dev/null 2>&1; }

if [ -n "${COSIGN_BIN:-}" ]; then
  works "$COSIGN_BIN" || fail "COSIGN_BIN is $COSIGN_BIN, but \`$COSIGN_BIN version\` fails"
  say "taken from COSIGN_BIN ($COSIGN_BIN)"
  dirname "$COSIGN_BIN"
  exit
fi
if works "$out/cosign"; then printf '%s\n' "$out"; exit; fi

command -v go >/dev/null || fail "there is no \`go\` on PATH: install Go 1.26 or newer (Debian: golang-go), or set COSIGN_BIN to a cosign"
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

say 'building (minutes the first time)'
GOBIN=$work GOFLAGS=-trimpath CGO_ENABLED=0 nice go install "github.com/sigstore/cosign/v3/cmd/cosign@v$cosign_version"
works "$work/cosign" || fail 'what was built does not answer `version`'
mkdir -p "$out"
mv "$work/cosign" "$out/cosign"
say "built cosign $cosign_version"
printf '%s\n' "$out"
