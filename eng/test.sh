#!/usr/bin/env bash
# Runs the tests. Everything they need is installed first; each test project starts its own servers.
#
#   eng/test.sh                 all tests
#   eng/test.sh --unit          only tests that start no server: seconds
#   eng/test.sh --service Auth  only the tests of one service (Auth, Data, Ai, IoT, Gateway, ServiceDefaults, StandIns, Mesh)
#   eng/test.sh --filter EXPR   passed on to dotnet test
#
# The last line reads "N passed, N failed". A project whose test process breaks counts as one failed test.
set -uo pipefail
cd "$(dirname "$0")/.."

unit=false service='' filter=''
while [ $# -gt 0 ]; do
  case "$1" in
    --unit) unit=true ;;
    --service) service="${2:?--service needs a name, for example Auth}"; shift ;;
    --filter) filter="${2:?--filter needs an expression}"; shift ;;
    -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "eng/test.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

$unit || ./eng/install.sh --tests || exit 1
if $unit; then
  filter="Level!=Server${filter:+&($filter)}"
  export AIMESH_TEST_LEVEL=unit # a server started all the same is an error, not a slow run
fi

mapfile -t projects < <(ls tests/*.Tests/*.csproj | grep -i "/AiMesh\.${service}[A-Za-z]*\.Tests\.csproj$")
if [ ${#projects[@]} -eq 0 ]; then
  echo "eng/test.sh: no tests for '$service'; there are: $(ls -d tests/*.Tests | sed 's#tests/##;s#\.Tests##' | tr '\n' ' ')" >&2
  exit 2
fi

if [ -n "$service" ] && [ ${#projects[@]} -eq 1 ]; then build="${projects[0]}"; else build=AiMesh.sln; fi
dotnet build "$build" --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0
for project in "${projects[@]}"; do
  name=$(basename "$project" .csproj)
  echo "== $name"
  dotnet test "$project" --no-build --nologo --blame-hang-timeout 10m --results-directory "$results/$name" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" ${filter:+--filter "$filter"}
  code=$?
  counters=$(grep -ho '<Counters [^>]*>' "$results/$name/$name.trx" 2>/dev/null | head -1)
  count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  ok=$(count passed) total=$(count total)
  passed=$((passed + ${ok:-0}))
  # Whatever did not pass counts against us: failed, skipped, timed out, aborted.
  failed=$((failed + ${total:-0} - ${ok:-0}))
  if [ $code -ne 0 ] && [ "${total:-0}" = "${ok:-0}" ]; then failed=$((failed + 1)); fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
