# Shared by all parts of ./souk: messages, progress, locks, stamps, ports, the folders of the state.
# shellcheck shell=bash

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' red='' green='' dim='' plain=''
fi

# die TEXT: the one clear line that says what is wrong and what to do.
die() {
  printf '%ssouk: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

usage_error() {
  printf 'souk: %s (see ./souk help)\n' "$*" >&2
  exit 2
}

# Milliseconds since the command began, from bash's own clock: no process per line of progress.
started_us=${EPOCHREALTIME/[.,]/}
elapsed() {
  local ms=$(((${EPOCHREALTIME/[.,]/} - started_us) / 1000))
  printf '%4d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# say TEXT: a line of progress on stderr (stdout is for results).
say() { printf '%s[%s s]%s %s\n' "$dim" "$(elapsed)" "$plain" "$*" >&2; }
warn() { printf '%s[%s s] %s%s\n' "$bold" "$(elapsed)" "$*" "$plain" >&2; }

# await SECONDS WHAT COMMAND...: polls the command until it succeeds; says every 5 s that it still waits.
await() {
  local limit=$1 what=$2 begin=$SECONDS last=$SECONDS
  shift 2
  until "$@"; do
    ((SECONDS - begin < limit)) || return 1
    if ((SECONDS - last >= 5)); then
      last=$SECONDS
      say "still waiting for $what ($((SECONDS - begin)) of at most $limit s)"
    fi
    sleep 0.1
  done
}

# locked NAME COMMAND...: one at a time in this checkout (a demo and a test run may both want to build).
locked() {
  local file="$home/lock/$1" fd code=0
  shift
  mkdir -p "$home/lock"
  exec {fd}>"$file"
  if ! flock -n "$fd"; then
    say "waiting: another souk command of this checkout does the same"
    flock "$fd"
  fi
  "$@" || code=$?
  exec {fd}>&-
  return "$code"
}

# Stamps: a step is repeated only when the text it depends on has changed.
stamp_is() { [ -f "$1" ] && [ "$(<"$1")" = "$2" ]; }
stamp_set() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1"
}
hash_of() { cat "$@" | sha256sum | cut -c1-16; }

# random_secret: 32 hex digits.
random_secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# listening PORT: does anybody on this machine listen there? Read from /proc, so that nothing needs to be installed.
listening() {
  local hex
  printf -v hex '%04X' "$1"
  grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# alive PID TEXT: is the process there, and is it the one we started (its command line contains TEXT)?
alive() {
  local line
  [ -n "$1" ] && [ -r "/proc/$1/cmdline" ] || return 1
  line=$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null) || return 1
  [[ $line == *"$2"* ]]
}

# need_disk: 6 GB for packages, build and data the first time, 1 GB once the build is there.
need_disk() {
  local free_kb needed_gb=6
  [ ! -f "$build_dir/build.ninja" ] || needed_gb=1
  mkdir -p "$home"
  free_kb=$(df -Pk "$home" | awk 'NR == 2 {print $4}')
  ((free_kb >= needed_gb * 1024 * 1024)) ||
    die "only $((free_kb / 1024)) MB free in $home, $needed_gb GB are needed: free some space, or set SOUK_HOME to a folder on another disk"
}

# The folders. $home: what all fleets of this checkout share (build, jars). $state: one fleet (data, logs, process ids).
home=${SOUK_HOME:-$root/.souk}
state=${SOUK_STATE:-$home/demo}
offset=
brokers=
instances=

# use_state: settles state, offset and brokers; what a fleet was started with is remembered by its state folder.
use_state() {
  mkdir -p "$state"
  state=$(cd "$state" && pwd)
  [ -n "$offset" ] || offset=${SOUK_PORT_OFFSET:-}
  if [ -f "$state/fleet" ]; then
    # shellcheck disable=SC1091
    . "$state/fleet"
    if fleet_runs && [ -n "$offset" ] && [ "$offset" != "$saved_offset" ]; then
      die "the fleet in $state runs with --offset $saved_offset: stop it first (./souk --state $state down)"
    fi
    if [ -n "$brokers" ] && [ "$brokers" != "$saved_brokers" ] && [ -d "$state/data/kafka-1" ]; then
      fleet_runs && die "the fleet in $state runs with $saved_brokers Kafka broker(s): stop it first (./souk down)"
      die "the data in $state was made for $saved_brokers Kafka broker(s): use another --state for $brokers, or ./souk down --clean first"
    fi
    offset=${offset:-$saved_offset} brokers=${brokers:-$saved_brokers}
  fi
  offset=${offset:-0} brokers=${brokers:-1} instances=${instances:-${saved_instances:-1}}
  SOUK_SQL_URL=${SOUK_SQL_URL:-${saved_sql_url:-}}
  SOUK_KAFKA_BROKERS=${SOUK_KAFKA_BROKERS:-${saved_kafka_brokers:-}}
  SOUK_REDIS_NODES=${SOUK_REDIS_NODES:-${saved_redis_nodes:-}}
  [[ $offset =~ ^[0-9]+$ ]] && ((offset <= 45000)) || usage_error "--offset must be a number from 0 to 45000, not '$offset'"
  [[ $brokers =~ ^[13]$ ]] || usage_error "--brokers must be 1 or 3, not '$brokers'"
  sv_dir=$state/sv env_dir=$state/env log_dir=$state/log data_dir=$state/data
}

save_state() {
  (
    umask 077
    printf 'saved_%s=%q\n' offset "$offset" brokers "$brokers" instances "$instances" \
      sql_url "${SOUK_SQL_URL:-}" kafka_brokers "${SOUK_KAFKA_BROKERS:-}" redis_nodes "${SOUK_REDIS_NODES:-}" >"$state/fleet"
  )
}
