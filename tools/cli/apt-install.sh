#!/usr/bin/env bash
# apt-install.sh PACKAGE...: installs as root. The distribution's own PostgreSQL cluster and Redis server are neither created
# nor started: the fleet runs its own, in its own folder, on its own ports.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
if [ ! -e "$cluster" ]; then
  mkdir -p "${cluster%/*}"
  printf 'create_main_cluster = false\n' >"$cluster"
fi
apt=(apt-get -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
"${apt[@]}" update || true # an old list may do; if not, install says what is missing
"${apt[@]}" install --no-install-recommends "$@" </dev/null
