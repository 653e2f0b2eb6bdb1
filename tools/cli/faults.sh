# Breaking a fleet on purpose: fail points, the matrix of them, seeded fault runs (test/faults).
# shellcheck shell=bash

# failpoints [arm NAME=ACTION,... | disarm]: their names, from the programs themselves; where the fleet runs with failpoints=on, how they stand.
failpoint_services() {
  local name
  for name in $(services); do ! grep -q '^SOUK_ADMIN_PORT=' "$env_dir/$name" 2>/dev/null || echo "$name"; done
}
failpoints_command() {
  local name executable
  case ${1:-} in
    '')
      while read -r name executable _; do
        case $name in mail-sink | payment-simulator | audit) continue ;; esac # tools, not services
        [ ! -x "$bin_dir/$executable" ] || clean_env "$bin_dir/$executable" --failpoints=list
      done <<<"$fleet_table"
      ;;
    status | arm | disarm)
      need_fleet
      for name in $(failpoint_services); do
        case $1 in
          status) curl -fsS -m 5 "http://127.0.0.1:$(admin_port "$name")/failpoints" && echo ;;
          arm) curl -sS --fail-with-body -m 5 -o "$state/failpoints.log" -d "${2:?}" "http://127.0.0.1:$(admin_port "$name")/failpoints" || die "$name: $(cat "$state/failpoints.log")" ;;
          disarm) curl -fsS -m 5 -o /dev/null -X DELETE "http://127.0.0.1:$(admin_port "$name")/failpoints" ;;
        esac
      done
      ;;
    *) usage_error "failpoints [status | arm NAME=ACTION[:DURATION][:N],... | disarm]" ;;
  esac
}

# faults --matrix | --seed S --minutes M: breaks a fleet on purpose, by default one of its own beside the demo.
faults_command() {
  local started=0 rc=0
  ensure_packages run build test
  use_preset release
  ensure_build fleet souk-faults
  fleet_runs || started=1
  SOUK_CLI=$root/souk SOUK_STATE=$state SOUK_PORT_OFFSET=$offset clean_env "$bin_dir/souk-faults" "$@" || rc=$?
  ((!started)) || down_command
  return "$rc"
}
