#!/usr/bin/env bash
# Builds a real kube-apiserver, kube-controller-manager and etcd from their published Go modules.
#
#   test/real/build-kube.sh [OUTDIR]
#
# Afterwards OUTDIR (by default the folder `kube-<version>` of the cache) holds the three programs, each of which was
# seen to answer --version. Prints OUTDIR on stdout, everything else on stderr. What is there already is kept, so a
# second run takes no time. With KUBEBUILDER_ASSETS set, its kube-apiserver and etcd are used and not built again.
set -euo pipefail

kube_version=1.36.3
etcd_version=3.6.16
go_needed=1.26
cache=${TAGALONG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tagalong}
out=${1:-$cache/kube-$kube_version}

say() { printf 'build-kube: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# True when the program stands in the folder and runs.
works() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

given() { [ -n "${KUBEBUILDER_ASSETS:-}" ] && works "$KUBEBUILDER_ASSETS/$1"; }

needed() {
  if works "$out/$1"; then return 1; fi
  if given "$1"; then say "$1: taken from KUBEBUILDER_ASSETS ($KUBEBUILDER_ASSETS)"; return 1; fi
  return 0
}

require_go() {
  command -v go >/dev/null || fail "cannot build ${missing[*]}: there is no \`go\` on PATH. Install Go $go_needed or newer \
(Debian: golang-go, or golang-$go_needed-go from backports), or set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd."
  local have
  have=$(cd / && go env GOVERSION)
  printf '%s\n%s\n' "$go_needed" "${have#go}" | sort --version-sort --check=quiet ||
    say "$have is older than $go_needed: the build works only if Go may fetch a newer toolchain (GOTOOLCHAIN=auto)"
}

# Writes a go.mod in which every staging module, that Kubernetes requires at v0.0.0, is the published one.
write_kube_module() {
  local requirements
  requirements=$(cd / && go mod download -json "k8s.io/kubernetes@v$kube_version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  [ -s "$requirements" ] || fail "fetching k8s.io/kubernetes@v$kube_version gave no go.mod: is the Go module proxy reachable?"
  {
    printf 'module kube\n\ngo %s.0\n\ngodebug default=go%s\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' \
      "$go_needed" "$go_needed" "$kube_version"
    sed -n "s/^\t\(k8s.io\/[a-z-]*\) v0\.0\.0\( .*\)\{0,1\}$/\t\1 => \1 v0.${kube_version#*.}/p" "$requirements"
    printf ')\n'
  } >go.mod
}

write_kube_main() {
  local constructor=$1 package=$2
  cat >main.go <<GO
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	"$package"
)

func main() { os.Exit(cli.Run(app.$constructor())) }
GO
}

write_etcd_module() {
  printf 'module etcd\n\ngo %s.0\n\nrequire go.etcd.io/etcd/server/v3 v%s\n' "$go_needed" "$etcd_version" >go.mod
  cat >main.go <<'GO'
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
GO
}

write_sources() {
  case $1 in
    kube-apiserver) write_kube_module; write_kube_main NewAPIServerCommand k8s.io/kubernetes/cmd/kube-apiserver/app ;;
    kube-controller-manager)
      write_kube_module
      write_kube_main NewControllerManagerCommand k8s.io/kubernetes/cmd/kube-controller-manager/app ;;
    etcd) write_etcd_module ;;
  esac
}

# Builds one program in the folder of temporary files; it appears in OUTDIR only when it runs.
build() {
  local program=$1 variables=k8s.io/component-base/version
  say "building $program (minutes the first time)"
  mkdir -p "$work/$program"
  cd "$work/$program"
  write_sources "$program"
  # Without a version of its own kubectl cannot parse what the server says.
  CGO_ENABLED=0 go build -mod=mod -trimpath -o "$work/bin/$program" -ldflags "-s -w \
    -X $variables.gitVersion=v$kube_version -X $variables.gitMajor=1 -X $variables.gitMinor=$(cut -d. -f2 <<<"$kube_version")" . >&2
  works "$work/bin/$program" || fail "built $program, but \`$program --version\` fails: see $program --version in a shell"
  mkdir -p "$out"
  mv "$work/bin/$program" "$out/.$program.$$"
  mv "$out/.$program.$$" "$out/$program"
  say "$program is ready after $SECONDS s"
}

missing=()
for program in etcd kube-apiserver kube-controller-manager; do
  if needed "$program"; then missing+=("$program"); fi
done

if [ ${#missing[@]} -gt 0 ]; then
  require_go
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for program in "${missing[@]}"; do (build "$program"); done
fi
printf '%s\n' "$out"
