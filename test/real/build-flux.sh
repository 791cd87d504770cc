#!/usr/bin/env bash
# Builds the real flux CLI from its published Go module.
#
#   test/real/build-flux.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `flux-<version>` of the cache) holds `flux`, which was seen to answer `--version`.
# Prints OUTDIR on stdout, everything else on stderr. What is there already is kept. With FLUX_BIN set nothing is built.
set -euo pipefail

flux_version=2.9.5
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/flux-$flux_version}

say() { printf 'build-flux: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
works() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

if [ -n "${FLUX_BIN:-}" ]; then
  works "$FLUX_BIN" || fail "FLUX_BIN is $FLUX_BIN, but \`$FLUX_BIN --version\` fails"
  say "taken from FLUX_BIN ($FLUX_BIN)"
  dirname "$FLUX_BIN"
  exit
fi
if works "$out/flux"; then printf '%s\n' "$out"; exit; fi

command -v go >/dev/null || fail "there is no \`go\` on PATH: install Go 1.26 or newer (Debian: golang-go), or set FLUX_BIN to a flux"
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

say 'fetching the module'
module=$(cd / && go mod download -json "github.com/fluxcd/flux2/v2@v$flux_version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[ -d "$module" ] || fail "fetching github.com/fluxcd/flux2/v2@v$flux_version gave no folder: is the Go module proxy reachable?"
cp -r "$module" "$work/flux2"
chmod -R u+w "$work/flux2"
cd "$work/flux2"
# The manifests that `flux install` would apply are made by a release and not part of the module; nothing here installs Flux.
mkdir -p cmd/flux/manifests
printf '# not part of the module\n' >cmd/flux/manifests/install.yaml

say 'building (minutes the first time)'
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.VERSION=$flux_version" -o "$work/flux" ./cmd/flux >&2
works "$work/flux" || fail "built flux, but \`flux --version\` fails"
mkdir -p "$out"
mv "$work/flux" "$out/.flux.$$"
mv "$out/.flux.$$" "$out/flux"
say "flux is ready after $SECONDS s"
printf '%s\n' "$out"
