#!/usr/bin/env bash
# Makes DataService/Demo/movies.csv anew from the npm package that its note names. Needed only to change the version.
set -euo pipefail
cd "$(dirname "$0")/.."
version=3.2.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "vega-datasets@$version" > /dev/null && tar xzf vega-datasets-*.tgz package/data/movies.json)
node eng/fetch-movies.mjs "$work/package/data/movies.json" > DataService/Demo/movies.csv
echo "$(($(wc -l < DataService/Demo/movies.csv) - 1)) movies"
