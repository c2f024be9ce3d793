#!/usr/bin/env bash
# Runs the tests. Everything they need is installed first; each test project starts its own servers.
#
#   eng/test.sh                 all tests
#   eng/test.sh --unit          only tests that start no server: seconds
#   eng/test.sh --service Auth  only the tests of one service (Auth, Data, Ai, IoT, Gateway, ServiceDefaults, StandIns, Mesh)
#   eng/test.sh --filter EXPR   passed on to dotnet test
#
# The last line reads "N passed, N failed". A project whose test process breaks counts as one failed test.
# At most three tests that start servers may fail and pass when run once more; they are named as flaky (docs/decisions/0031).
set -uo pipefail
cd "$(dirname "$0")/.."

unit=false service='' filter=''
while [ $# -gt 0 ]; do
  case "$1" in
    --unit) unit=true ;;
    --service) service="${2:?--service needs a name, for example Auth}"; shift ;;
    --filter) filter="${2:?--filter needs an expression}"; shift ;;
    -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "eng/test.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

$unit || ./eng/install.sh --tests || exit 1
# Apart also where all run: what starts a server without its mark fails here, not in somebody's --unit.
levels=(unit)
$unit || levels+=(server)

mapfile -t projects < <(ls tests/*.Tests/*.csproj | grep -i "/AiMesh\.${service}[A-Za-z]*\.Tests\.csproj$")
if [ ${#projects[@]} -eq 0 ]; then
  echo "eng/test.sh: no tests for '$service'; there are: $(ls -d tests/*.Tests | sed 's#tests/##;s#\.Tests##' | tr '\n' ' ')" >&2
  exit 2
fi

if [ -n "$service" ] && [ ${#projects[@]} -eq 1 ]; then build="${projects[0]}"; else build=AiMesh.sln; fi
dotnet build "$build" --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 flaky=()

# run NAME PROJECT LEVEL [FILTER]: sets code, ok and total from what the tests of a project did.
run() {
  local counters count mark='='
  [ "$3" = unit ] && mark='!='
  # On level "unit" a server that is started is an error, not a slow run.
  AIMESH_TEST_LEVEL=$3 dotnet test "$2" --no-build --nologo --blame-hang-timeout 10m --results-directory "$results/$1" \
    --logger "trx;LogFileName=$1.trx" --logger "console;verbosity=minimal" --filter "Level${mark}Server${4:+&($4)}"
  code=$?
  counters=$(grep -ho '<Counters [^>]*>' "$results/$1/$1.trx" 2>/dev/null | head -1)
  count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  ok=$(count passed) total=$(count total)
  ok=${ok:-0} total=${total:-0}
}

# The failed tests of a run, each method once.
broken() { grep -h '<UnitTestResult ' "$results/$1/$1.trx" 2>/dev/null | grep 'outcome="Failed"' | sed 's/.* testName="\([^"(]*\).*/\1/' | sort -u; }

# What must hold each time: a leak that shows once in two runs is a leak.
strict='\.Authorization\.|NonInterference|Fuzz|StoreAgreement'

# test_project PROJECT LEVEL: runs the tests of a project once, those that may be twice, and counts.
test_project() {
  local name lost again methods
  name=$(basename "$1" .csproj)
  echo "== $name, $2"
  run "$name.$2" "$1" "$2" "$filter"
  passed=$((passed + ok))
  # Whatever did not pass counts against us: failed, skipped, timed out, aborted.
  lost=$((total - ok))
  if [ $code -ne 0 ] && [ $lost -eq 0 ]; then lost=1; fi

  mapfile -t again < <([ "$2" = server ] && [ $lost -gt 0 ] && broken "$name.$2")
  if [ ${#again[@]} -gt 0 ] && [ $((${#again[@]} + ${#flaky[@]})) -le 3 ] && ! grep -qE "$strict" <<<"${again[*]}"; then
    echo "== $name, once more: ${again[*]}"
    methods=$(printf '|FullyQualifiedName=%s' "${again[@]}")
    run "$name.again" "$1" "$2" "${methods:1}"
    # The whole of each method runs again, so it is at least as many as were lost.
    if [ $code -eq 0 ] && [ "$ok" -eq "$total" ] && [ "$ok" -ge $lost ]; then
      passed=$((passed + lost)) lost=0 flaky+=("${again[@]}")
    fi
  fi
  failed=$((failed + lost))
}

for project in "${projects[@]}"; do
  for level in "${levels[@]}"; do test_project "$project" "$level"; done
done

for test in "${flaky[@]}"; do echo "FLAKY (failed, then passed when run once more): $test"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
