#!/usr/bin/env bash
# Installs what the mesh needs and this machine lacks, from Debian or Ubuntu packages. Doing it again does nothing.
#   eng/install.sh           to run: PostgreSQL and Redis server programs
#   eng/install.sh --broker  and RabbitMQ, for RabbitMQ:Enabled
#   eng/install.sh --tests   and for the tests: RabbitMQ, Mosquitto's clients, Node.js with npm
set -euo pipefail

missing=()
need() { # package, condition that says it is there
  local package=$1
  shift
  "$@" > /dev/null 2>&1 || missing+=("$package")
}

has_postgres_server() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }

need postgresql has_postgres_server
need redis-server command -v redis-server
need util-linux command -v setpriv
for option in "$@"; do
  case $option in
    --broker) need rabbitmq-server test -e /usr/sbin/rabbitmq-server ;;
    --tests)
      need rabbitmq-server test -e /usr/sbin/rabbitmq-server
      need mosquitto-clients command -v mosquitto_pub
      need nodejs command -v node
      need npm command -v npm
      ;;
    *)
      echo "usage: eng/install.sh [--broker] [--tests]" >&2
      exit 2
      ;;
  esac
done

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if ! command -v apt-get > /dev/null; then
  echo "Missing: ${missing[*]} (names of Debian packages). There is no apt-get here; install them with this system's package manager." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "Missing: ${missing[*]}. Installing needs root: run 'apt-get install ${missing[*]}' as root, or install sudo." >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]} ..."

# The mesh runs servers of its own. Left alone, PostgreSQL's package would create a cluster for the whole machine, and both
# packages would start services: the first is a setting, the second is asked of policy-rc.d, which answers 101 for "no".
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

settings=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql "* && ! -e $settings ]]; then
  "${as_root[@]}" mkdir -p "$(dirname "$settings")"
  printf '# Written by eng/install.sh of AiMesh, which needs the server programs and no cluster of the machine.\ncreate_main_cluster = false\n' |
    "${as_root[@]}" tee "$settings" > /dev/null
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"
}

# The list of packages may never have been fetched, as in a fresh container, or be out of date.
install || { "${as_root[@]}" apt-get update -q && install; }
