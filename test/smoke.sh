#!/usr/bin/env bash
# What a newcomer does, from the README: the demo, the built package, an offline question. Exits non-zero at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo '-- npm start'
npm start >"$scratch/demo.txt"
cat "$scratch/demo.txt"
grep -q 'All seven scenes went as they must' "$scratch/demo.txt"
if grep -q $'\e' "$scratch/demo.txt"; then echo 'colour in a pipe'; exit 1; fi

echo '-- the built program'
npm run build
node=$(node -p 'process.execPath')
npx -- node dist/main.js --version
npm pack --dry-run --ignore-scripts >/dev/null
echo "node: $node"

echo '-- an offline question'
printf '1.0.0\n1.1.0\n2.0.0\nlatest\n' >"$scratch/tags.txt"
npx -- node dist/main.js explain policy -f policies/web.yaml --tags-file "$scratch/tags.txt" -o json >"$scratch/answer.json"
grep -q '"selected": "1.1.0"' "$scratch/answer.json"
echo 'all as it must be'
