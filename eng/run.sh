#!/usr/bin/env bash
# Installs what is missing and runs the whole mesh; arguments are configuration, for example --Gateway:Port=8090 --Replicas:ai=2.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v dotnet > /dev/null; then
  echo "The .NET SDK (see global.json for the version) is not on PATH: https://dotnet.microsoft.com/download" >&2
  exit 1
fi

broker=()
for setting in "$@"; do
  case ${setting,,} in --rabbitmq:enabled=true) broker=(--broker) ;; esac
done
eng/install.sh "${broker[@]}"
echo "Building (the first time takes a few minutes), then starting ..."
exec dotnet run --project AppHost -- "$@"
