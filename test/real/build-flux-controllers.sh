#!/usr/bin/env bash
# Builds Flux's controllers from their published Go modules, and keeps their definitions beside them.
#
#   test/real/build-flux-controllers.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `flux-controllers-<version>` of the cache) holds one program a controller and `crds/`.
# Prints OUTDIR on stdout, everything else on stderr. What is there already is kept. With PEER_FLUX_BIN set nothing is built.
set -euo pipefail

flux_version=2.9.5
controllers='source-controller@v1.9.5 kustomize-controller@v1.9.5 image-reflector-controller@v1.2.4 image-automation-controller@v1.2.4 notification-controller@v1.9.0'
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/flux-controllers-$flux_version}
# The checksum database lacks some of these modules where only a mirror of the proxy is reachable.
export CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' GONOSUMDB='github.com/fluxcd/*'

say() { printf 'build-flux-controllers: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -n "${PEER_FLUX_BIN:-}" ]; then
  [ -x "$PEER_FLUX_BIN/source-controller" ] || fail "PEER_FLUX_BIN is $PEER_FLUX_BIN, but there is no source-controller"
  printf '%s\n' "$PEER_FLUX_BIN"
  exit
fi

command -v go >/dev/null || fail 'there is no `go` on PATH: install Go 1.26 or newer (Debian: golang-go), or set PEER_FLUX_BIN'
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

# The first of the versions that the proxy has.
first_served() { # first_served MODULE VERSION...
  local module=$1 version
  shift
  for version in "$@"; do
    if go mod download "$module@$version" >/dev/null 2>&1; then printf '%s\n' "$version"; return; fi
  done
  fail "none of the versions $* of $module can be had"
}

build() { # build NAME VERSION
  local name=$1 version=$2 module=github.com/fluxcd/$1 folder api
  folder=$(cd "$work" && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -d "$folder" ] || fail "fetching $module@$version gave no folder: is the Go module proxy reachable?"
  rm -rf "$work/source"
  cp -r "$folder" "$work/source"
  chmod -R u+w "$work/source"
  cd "$work/source"
  # A published module does not have the folder of its own API that it replaces.
  go mod edit -dropreplace "$module/api"
  api=$(first_served "$module/api" "$version" v1.2.5 v1.9.4 v1.9.0)
  go mod edit -require "$module/api@$api"
  if grep -q 'github.com/fluxcd/pkg/artifact ' go.mod; then
    go mod edit -require "github.com/fluxcd/pkg/artifact@$(first_served github.com/fluxcd/pkg/artifact v0.18.3 v0.18.2 v0.18.1)"
  fi
  go build -trimpath -ldflags '-s -w' -o "$work/$name" . >&2
  mkdir -p "$out/crds"
  cp config/crd/bases/*.yaml "$out/crds/"
  mv "$work/$name" "$out/.$name.$$"
  mv "$out/.$name.$$" "$out/$name"
  cd "$work"
}

printf 'module scratch\n' >"$work/go.mod"
for one in $controllers; do
  if [ ! -x "$out/${one%@*}" ]; then
    say "building $one (minutes the first time)"
    build "${one%@*}" "${one#*@}"
  fi
done
say "Flux's controllers are ready after $SECONDS s"
printf '%s\n' "$out"
