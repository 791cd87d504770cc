#!/usr/bin/env bash
# Builds the real sops from its published Go module.
#
#   test/real/build-sops.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `sops-<version>` of the cache) holds the program, which was seen to answer
# --version. Prints OUTDIR on stdout, everything else on stderr. What is there already is kept.
set -euo pipefail

sops_version=3.13.3
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/sops-$sops_version}

say() { printf 'build-sops: %s\n' "$*" >&2; }
works() { [ -x "$1" ] && "$1" --version --disable-version-check >/dev/null 2>&1; }

if ! works "$out/sops"; then
  command -v go >/dev/null || { say "there is no \`go\` on PATH: install Go 1.26 or newer, or put sops on PATH"; exit 1; }
  say 'building sops (two to four minutes the first time)'
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd / && GOBIN=$work CGO_ENABLED=0 go install -trimpath "github.com/getsops/sops/v3/cmd/sops@v$sops_version" >&2)
  works "$work/sops" || { say "built sops, but \`sops --version\` fails"; exit 1; }
  mkdir -p "$out"
  mv "$work/sops" "$out/.sops.$$"
  mv "$out/.sops.$$" "$out/sops"
  say "sops is ready after $SECONDS s"
fi
printf '%s\n' "$out"
