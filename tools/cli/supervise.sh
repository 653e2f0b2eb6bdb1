# Processes are supervised by runit: one folder per unit under $state/sv, one runsvdir per fleet. A unit that dies is started
# again after a second; its output goes to svlogd, which rotates it.
# shellcheck shell=bash

fleet_runs() { [ -f "$state/supervisor.pid" ] && alive "$(<"$state/supervisor.pid")" "runsvdir -P $state/sv"; }

# write_unit NAME [STOP_SIGNAL]: the body of its run script on stdin. Written whole or not at all, also under a running supervisor.
write_unit() {
  local unit=$sv_dir/$1 fresh=$sv_dir/.$1.new
  rm -rf "$fresh"
  mkdir -p "$fresh/log" "$fresh/control" "$log_dir/$1"
  { printf '#!/bin/sh\nexec 2>&1\n' && cat; } >"$fresh/run"
  printf '#!/bin/sh\nexec svlogd -l 30000 -b 32768 "%s"\n' "$log_dir/$1" >"$fresh/log/run"
  printf 's20000000\nn4\n' >"$log_dir/$1/config"
  : >"$fresh/down"
  chmod 700 "$fresh/run" "$fresh/log/run"
  if [ -n "${2:-}" ]; then
    # shellcheck disable=SC2016 # expanded by the control script
    printf '#!/bin/sh\nkill -%s "$(cat supervise/pid)"\n' "$2" >"$fresh/control/t"
    chmod 700 "$fresh/control/t"
  fi
  if [ -d "$unit" ]; then
    mv -f "$fresh/run" "$unit/run"
    rm -rf "$fresh"
  else
    mv "$fresh" "$unit"
  fi
}

start_supervisor() {
  fleet_runs && return
  rm -f "$sv_dir"/*/supervise/pid
  (
    [ -z "${test_lock:-}" ] || exec {test_lock}>&- # a fleet that outlives the test run must not hold its lock
    # shellcheck disable=SC2086
    exec setsid env -i PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="${HOME:-/}" LANG=C.UTF-8 \
      ${TSAN_OPTIONS:+TSAN_OPTIONS="$TSAN_OPTIONS"} ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} runsvdir -P "$sv_dir"
  ) </dev/null >/dev/null 2>"$state/supervisor.log" &
  printf '%s\n' $! >"$state/supervisor.pid"
}

unit_exists() { [ -d "$sv_dir/$1" ]; }
unit_supervised() { [ -p "$sv_dir/$1/supervise/ok" ]; }
unit_pid() { cat "$sv_dir/$1/supervise/pid" 2>/dev/null || true; }
# Running now, and not since less than the first second of a crash loop.
unit_runs() { [ -n "$(unit_pid "$1")" ]; }
units() { find "$sv_dir" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f\n' 2>/dev/null | sort; }

# units_up NAME...: asks for them to run; does not wait until they are ready.
units_up() {
  local name
  for name in "$@"; do
    await 15 "the supervisor of $name" unit_supervised "$name" || die "the supervisor did not take $name: see $state/supervisor.log"
  done
  for name in "$@"; do printf u >"$sv_dir/$name/supervise/control"; done
}

# units_down SECONDS NAME...: asks all to stop, waits, then kills what is left.
units_down() {
  local limit=$1 name existing=()
  shift
  for name in "$@"; do ! unit_supervised "$name" || existing+=("$name"); done
  ((${#existing[@]})) || return 0
  SVDIR=$sv_dir sv -w "$limit" force-stop "${existing[@]}" >/dev/null 2>&1 || true
}

unit_kill9() {
  local pid
  pid=$(unit_pid "$1")
  [ -n "$pid" ] || die "$1 does not run"
  kill -9 "$pid"
}

# fleet_pids: the supervisor and every process below it; also supervisors left behind by a killed runsvdir.
fleet_pids() {
  local stat pid ppid roots='' all changed=1
  local -A parent=()
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    pid=${line%% *}
    # shellcheck disable=SC2086
    set -- ${line##*) }
    parent[$pid]=$2
  done
  fleet_runs && roots=$(<"$state/supervisor.pid")
  while IFS= read -r pid; do
    pid=${pid#/proc/}
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = runsv ] && roots="$roots $pid"
  done < <(find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$sv_dir/*" -printf '%h\n' 2>/dev/null)
  all=" $roots "
  while ((changed)); do
    changed=0
    for pid in "${!parent[@]}"; do
      ppid=${parent[$pid]}
      if [[ $all == *" $ppid "* && $all != *" $pid "* ]]; then all="$all$pid " changed=1; fi
    done
  done
  printf '%s\n' "$all" | tr -s ' ' '\n' | sed '/^$/d' | sort -nu
}

none_alive() {
  local pid
  for pid in "$@"; do [ ! -d "/proc/$pid" ] || [ "$(awk '{print $3}' "/proc/$pid/stat" 2>/dev/null || echo Z)" = Z ] || return 1; done
}

# stop_supervisor: after the units are down. Whatever of this fleet still lives after 10 s is killed by its process id.
stop_supervisor() {
  local pids pid
  mapfile -t pids < <(fleet_pids)
  ((${#pids[@]})) || return 0
  for pid in "${pids[@]}"; do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      runsvdir) kill -HUP "$pid" 2>/dev/null || true ;;
      runsv) kill -TERM "$pid" 2>/dev/null || true ;;
    esac
  done
  if ! await 10 "the supervisor to end" none_alive "${pids[@]}"; then
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    await 5 "killed processes to end" none_alive "${pids[@]}" || die "these processes could not be ended: ${pids[*]}"
  fi
  rm -f "$state/supervisor.pid"
}
