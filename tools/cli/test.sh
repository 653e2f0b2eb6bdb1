# The test runner: sets everything up, runs the test programs by label through ctest, adds up what GoogleTest reports.
# The last line is the verdict: "N passed, N failed" (", N skipped" with the reasons printed above it).
# shellcheck shell=bash

passed=0 failed=0 skipped=0
failures=() skips=()

# run_tests [PART...]: unit, integration, e2e, checks, asan, tsan, a test program's name, or a piece of a test's name.
run_tests() {
  local part parts=("$@") engines=0 sanitizer=0
  ((${#parts[@]})) || parts=(checks unit integration e2e)
  for part in "${parts[@]}"; do
    case $part in
      -*) usage_error "test takes parts, not '$part'" ;;
      asan | tsan) sanitizer=1 ;;
      checks | unit) ;;
      *) engines=1 ;;
    esac
  done
  [ -n "${SOUK_STATE:-}" ] || [ "$state" != "$home/demo" ] || state=$home/test
  mkdir -p "$home/lock"
  exec {test_lock}>"$home/lock/test-$(printf '%s' "$state" | sha256sum | cut -c1-8)"
  flock -n "$test_lock" || die "another test run uses $state: wait for it, or name another --state and --offset"
  local named=${offset:-${SOUK_PORT_OFFSET:-}}
  offset=${named:-10000}
  use_state
  [ -n "$named" ] || fleet_runs || choose_offset
  results=$home/results
  rm -rf "$results" && mkdir -p "$results"
  if ((sanitizer + engines == 0)) && [ "${parts[*]}" = checks ]; then ensure_packages test; else ensure_packages run build test; fi
  for part in "${parts[@]}"; do
    case $part in
      checks) run_checks ;;
      asan | tsan) run_sanitized "$part" ;;
      *) run_part "$part" ;;
    esac
  done
  ((!engines_started)) || stop_test_engines
  report
}

# choose_offset: ports that nobody uses, since nobody has named any.
choose_offset() {
  local candidate
  for candidate in 10000 10500 11000 11500 12000; do
    if (offset=$candidate && check_ports) >/dev/null 2>&1; then offset=$candidate && return; fi
  done
}

engines_started=0
built=0

run_part() {
  if ((!built)); then
    use_preset release
    ensure_build
    built=1
  fi
  case $1 in
    unit) run_programs unit 2 -L '^unit$' ;;
    integration)
      start_test_engines
      run_programs "$1" 1 -L "^$1\$"
      ;;
    e2e)
      # Integration tests leave orders on the topics that no service of the fleet knows: the audit would name them.
      ((!engines_started)) || stop_test_engines
      start_test_engines
      run_programs "$1" 1 -L "^$1\$"
      ;;
    *)
      start_test_engines
      run_named "$1"
      ;;
  esac
}

# run_named TEXT: programs whose name holds TEXT, whole; otherwise every test anywhere whose name holds it.
run_named() {
  local list regex name chosen=()
  mapfile -t list < <(test_programs)
  for name in "${list[@]}"; do [[ $name != *"$1"* ]] || chosen+=("$name"); done
  if ((${#chosen[@]} == 0)); then
    for name in "${list[@]}"; do
      [ ! -x "$build_dir/tests/$name" ] || ! "$build_dir/tests/$name" --gtest_list_tests 2>/dev/null | full_test_names | grep -qF -- "$1" || chosen+=("$name")
    done
    ((${#chosen[@]})) || usage_error "no test program and no test is called '$1'"
    export GTEST_FILTER="*$1*"
  fi
  regex=$(printf '|%s' "${chosen[@]}")
  run_programs "named-$1" 1 -R "^(${regex#|})\$"
  unset GTEST_FILTER
}
full_test_names() { awk '/^[^ ]/ {suite = $1} /^ / {print suite $1}'; }

# test_programs [CTEST ARGUMENT...]: names of the test programs, as ctest knows them.
test_programs() { ctest --test-dir "$build_dir" -N "$@" 2>/dev/null | sed -n 's/^ *Test *#[0-9]*: //p'; }

start_test_engines() {
  ((!engines_started)) || return 0
  engines_started=1
  trap stop_test_engines EXIT
  # Fresh data every time: a test must not pass because of what the last run left.
  down_command --clean 2>/dev/null
  mkdir -p "$state"
  check_ports
  engines_up
  declare_topics
  SOUK_TEST_SQL=$(sql_admin_url)
  SOUK_TEST_KAFKA=$(kafka_brokers)
  SOUK_TEST_REDIS=$(redis_nodes)
  export SOUK_TEST_SQL SOUK_TEST_KAFKA SOUK_TEST_REDIS
  # A program that a test starts takes SOUK_* for its own settings; the fleet's folder remembers engines named from outside.
  export -n SOUK_SQL_URL SOUK_KAFKA_BROKERS SOUK_REDIS_NODES
  export SOUK_TEST_STATE=$state SOUK_STATE=$state SOUK_TEST_OFFSET=$offset SOUK_PORT_OFFSET=$offset SOUK_BIN=$bin_dir SOUK_CLI=$root/souk
}
stop_test_engines() {
  trap - EXIT
  engines_started=0
  [ -z "${SOUK_TEST_KEEP:-}" ] || { say "left running (SOUK_TEST_KEEP): ./souk --state $state down" && return; }
  down_command
}

# run_programs GROUP JOBS CTEST_ARGUMENT...
run_programs() {
  local group=$1 jobs=$2 list name
  shift 2
  mapfile -t list < <(test_programs "$@")
  if ((${#list[@]} == 0)); then
    say "no $group tests are built"
    return 0
  fi
  say "running ${#list[@]} $group test programs"
  mkdir -p "$results/$group"
  GTEST_OUTPUT="xml:$results/$group/" GTEST_COLOR=no ctest --test-dir "$build_dir" -j "$jobs" --output-on-failure "$@" \
    </dev/null 2>&1 | test_progress "$results/$group.log" || true
  for name in "${list[@]}"; do count_program "$group" "$name"; done
}

# One line per finished program; the whole output goes to a file.
test_progress() {
  local line
  : >"$1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    if [[ $line =~ ^\ *([0-9]+/[0-9]+)\ Test\ +\#[0-9]+:\ ([^ ]+)\ [.\ ]*(\**[A-Za-z].*)$ ]]; then
      say "  ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}: ${BASH_REMATCH[3]}"
    fi
  done
}

# count_program GROUP NAME: from its report; without one it has crashed, or is not a GoogleTest program.
count_program() {
  local xml=$results/$1/$2.xml status kind text
  status=$(sed -n -E "s/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: $2 [. ]*(\**[A-Za-z]([A-Za-z ]*[a-z])?).*/\1/p" "$results/$1.log" | tail -n 1)
  if [ ! -s "$xml" ]; then
    if [[ $status == Passed* ]]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      passed=$((passed + $(program_output "$1" "$2" | grep -c '^\[       OK \]' || true)))
      failures+=("$2 ended without a report (${status:-not run}); its last lines:"$'\n'"$(program_output "$1" "$2" | tail -n 40)")
    fi
    return
  fi
  while IFS=$'\t' read -r kind name text; do
    case $kind in
      pass) passed=$((passed + 1)) ;;
      skip) skipped=$((skipped + 1)) && skips+=("$name: $(decode_xml <<<"$text" | sed 1d | tr '\n' ' ')") ;;
      fail) failed=$((failed + 1)) && failures+=("$name"$'\n'"$(decode_xml <<<"$text")") ;;
    esac
  done < <(read_report "$xml")
  # All tests passed and yet the program failed: a sanitizer's or a leak's report at its end.
  if [[ $status != Passed* ]] && ! grep -q '<failure' "$xml"; then
    failed=$((failed + 1))
    failures+=("$2: its tests passed, but the program ended badly ($status); its last lines:"$'\n'"$(program_output "$1" "$2" | tail -n 60)")
  fi
}

# read_report XML: "pass|skip|fail <tab> Suite.Test <tab> text" for each test that ran.
read_report() {
  awk '
    function attribute(name,   at, rest) {
      at = index($0, " " name "=\"")
      if (!at) return ""
      rest = substr($0, at + length(name) + 3)
      return substr(rest, 1, index(rest, "\"") - 1)
    }
    function finish() { if (test != "") { print kind "\t" test "\t" text; test = "" } }
    /<testcase / {
      finish()
      if (attribute("status") != "run") next
      test = attribute("classname") "." attribute("name"); text = ""
      kind = attribute("result") == "skipped" ? "skip" : "pass"
    }
    /<skipped message=/ { text = attribute("message") }
    /<failure message=/ { kind = "fail"; text = text attribute("message") "&#x0A;" }
    END { finish() }
  ' "$1"
}
decode_xml() { sed -e 's/&#x0A;/\n/g; s/&#x09;/\t/g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g; s/&amp;/\&/g' | head -n 40; }

# program_output GROUP NAME: what it wrote, from ctest's log.
program_output() {
  awk -v name="$2" '
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / { inside = index($0, ": " name " ") > 0; next }
    /^ +Start +[0-9]+: / { next }
    /^[0-9]+% tests passed/ { exit }
    inside' "$results/$1.log"
}

# ---- Checks that are not C++ programs

run_checks() {
  say "running checks of scripts and SQL"
  check 'scripts parse (bash -n)' scripts_parse
  check 'scripts are clean (shellcheck)' scripts_clean
  check 'docs/faults.md is made of the tests (./souk faults --table)' fault_table_current
  check 'SQL is in the dialect of CockroachDB (crdblint)' sql_dialect
}

# check NAME FUNCTION: 0 passed, 77 skipped (the last line of its output is the reason), else failed.
check() {
  local output code=0
  output=$("$2" 2>&1) || code=$?
  case $code in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) && skips+=("$1: ${output##*$'\n'}") ;;
    *) failed=$((failed + 1)) && failures+=("$1"$'\n'"$(tail -n 40 <<<"$output")") ;;
  esac
  case $code in 0) say "  $1: passed" ;; 77) say "  $1: skipped" ;; *) say "  $1: FAILED" ;; esac
}

fault_table_current() {
  fault_table >/dev/null || return 1
  diff <(fault_table) "$root/docs/faults.md" || { echo "make it again: ./souk faults --table >docs/faults.md" && return 1; }
}

scripts() { printf '%s\n' "$root/souk" "$root/.ci/run" "$root"/tools/cli/*.sh; }
scripts_parse() {
  local file
  for file in $(scripts); do bash -n "$file" || return 1; done
}
scripts_clean() {
  command -v shellcheck >/dev/null || { echo "shellcheck is not installed" && return 77; }
  # shellcheck disable=SC2046
  shellcheck -s bash -S warning -e SC1090,SC1091,SC2034,SC2120,SC2154 $(scripts)
}

# Needs Go 1.24 and CockroachDB's parser as a module; Cockroach-only DDL lies in files *.cockroach.sql and is checked too.
sql_dialect() {
  local tool=$home/crdblint/crdblint version files
  [ -f "$root/test/crdblint/main.go" ] || { echo "test/crdblint is not there" && return 77; }
  command -v go >/dev/null || { echo "Go is not installed (1.24 or later is needed)" && return 77; }
  version=$(go env GOVERSION | sed -E 's/^go([0-9]+)\.([0-9]+).*/\1 \2/')
  # shellcheck disable=SC2086
  set -- $version
  (($1 > 1 || $2 >= 24)) || { echo "Go $1.$2 is too old (1.24 or later is needed)" && return 77; }
  if ! stamp_is "$home/crdblint/stamp" "$(hash_of "$root"/test/crdblint/*)"; then
    mkdir -p "$home/crdblint"
    say "  building CockroachDB's parser (one to two minutes, once)"
    (cd "$root/test/crdblint" && GOTOOLCHAIN=local go build -o "$tool" .) >"$home/crdblint/log" 2>&1 ||
      { tail -n 3 "$home/crdblint/log" && echo "CockroachDB's parser could not be fetched or built: $(tail -n 1 "$home/crdblint/log")" && return 77; }
    stamp_set "$home/crdblint/stamp" "$(hash_of "$root"/test/crdblint/*)"
  fi
  mapfile -t files < <({
    find "$root/services" "$root/libs" -name '*.sql' ! -name '*.postgres.sql'
    grep -rlE 'Statement k[A-Za-z]+ *\{' "$root/services" "$root/libs" --include='*.hpp' --include='*.cpp' --exclude='*_test.cpp'
  } | sort)
  ((${#files[@]})) || { echo "there are no SQL files yet" && return 77; }
  "$tool" "${files[@]}"
}

# ---- Sanitizers: the unit tests once more, built with them

run_sanitized() {
  local list
  use_preset "$1"
  ensure_configured
  mapfile -t list < <(test_programs -L '^unit$')
  ((${#list[@]})) || die "there are no unit tests to build"
  ensure_build "${list[@]}"
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1:suppressions=$root/tools/cli/tsan.supp
  run_programs "$1" 2 -L '^unit$'
  built=0
}

report() {
  local text
  for text in "${skips[@]+"${skips[@]}"}"; do printf 'skipped  %s\n' "$text"; done
  for text in "${failures[@]+"${failures[@]}"}"; do printf '%sFAILED%s   %s\n' "$red" "$plain" "$text"; done
  ((failed == 0)) || printf 'the whole output is in %s\n' "$results"
  ((passed + failed + skipped)) || failed=1 # a run that tested nothing has not passed
  printf '%d passed, %d failed%s\n' "$passed" "$failed" "$( ((skipped == 0)) || printf ', %d skipped' "$skipped")"
  ((failed == 0))
}
