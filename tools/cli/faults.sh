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

# faults --table: docs/faults.md, made of the tests.
# faults --matrix | --seed S --minutes M: breaks a fleet on purpose, by default one of its own beside the demo.
faults_command() {
  if [ "${1:-}" = --table ]; then fault_table && return; fi
  local started=0 rc=0
  ensure_packages run build test
  use_preset release
  ensure_build fleet souk-faults
  fleet_runs || started=1
  SOUK_CLI=$root/souk SOUK_STATE=$state SOUK_PORT_OFFSET=$offset clean_env "$bin_dir/souk-faults" "$@" || rc=$?
  ((!started)) || down_command
  return "$rc"
}


# fault_table: docs/faults.md on standard output: the words of docs/faults.tsv joined with the ids in the names of tests. Fails when a fault has no
# test, or a test's fault no words.
fault_table() {
  grep -rhoE '(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\([A-Za-z0-9_]+, *[A-Za-z0-9_]*F[0-9]{2}[A-Za-z0-9_]*' \
    --include='*.cpp' --include='*.hpp' "$root/libs" "$root/services" "$root/test" "$root/tools" |
    sed -E 's/^[A-Z_]+\(([A-Za-z0-9_]+), */\1./' | LC_ALL=C sort -u |
    awk -F'\t' '
      NR == FNR { order[++count] = $1; fault[$1] = $2; sees[$1] = $3; next_step[$1] = $4; next }
      {
        rest = $0
        while (match(rest, /F[0-9][0-9]/)) {
          id = substr(rest, RSTART, 3); rest = substr(rest, RSTART + 3)
          if (!(id in fault)) { print "docs/faults.tsv has no line for " id " of " $0 > "/dev/stderr"; bad = 1 }
          else tests[id] = tests[id] (tests[id] == "" ? "" : "<br>") "`" $0 "`"
        }
      }
      END {
        print "# What can fail, and which test shows what happens then"
        print ""
        print "Made by `./souk faults --table` from `docs/faults.tsv` and the names of the tests; `./souk test checks` fails when it is not current. `./souk test NAME` runs one."
        print "What a person does about it: [failures.md](failures.md)."
        print ""
        print "| | what fails | what the customer sees | what happens next | shown by |"
        print "|---|---|---|---|---|"
        for (i = 1; i <= count; ++i) {
          id = order[i]
          if (tests[id] == "") { print "no test has " id " in its name" > "/dev/stderr"; bad = 1 }
          print "| " id " | " fault[id] " | " sees[id] " | " next_step[id] " | " tests[id] " |"
        }
        exit bad
      }' "$root/docs/faults.tsv" -
}
