#!/usr/bin/env bash
# Writes the digest that each base image of a Dockerfile has now behind its tag, so that a build says exactly what it was made from:
#   bash deploy/pin-images.sh Dockerfile
# Needs docker with buildx. Images that have a digest already are left as they are.
set -euo pipefail
file=${1:?usage: pin-images.sh DOCKERFILE}
for image in $(sed -nE 's/^FROM ([^ @]+)( AS .*)?$/\1/p' "$file" | sort -u); do
  digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "$image: no digest, but '$digest'" >&2; exit 1; }
  sed -i -E "s|^FROM ${image//./\\.}( AS .*)?\$|FROM $image@$digest\1|" "$file"
  echo "$image is $digest"
done
