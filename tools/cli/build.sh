# Configure and build with CMake, Ninja and ccache.
# shellcheck shell=bash

preset=release
build_dir=$home/build/$preset
bin_dir=$build_dir/bin

use_preset() {
  preset=$1
  build_dir=$home/build/$preset
  bin_dir=$build_dir/bin
}

build_command() {
  while (($#)); do
    case $1 in
      --preset) use_preset "${2:?}" && shift 2 ;;
      --preset=*) use_preset "${1#*=}" && shift ;;
      -*) usage_error "build knows --preset and names of targets, not '$1'" ;;
      *) break ;;
    esac
  done
  [[ $preset =~ ^(release|dev|asan|tsan)$ ]] || usage_error "there is no preset '$preset': release, dev, asan, tsan"
  ensure_packages run build
  ensure_build "$@"
}

# ensure_build [TARGET...]: all of it by default. A build with nothing to do takes a second.
ensure_build() { locked "build-$preset" run_build "$@"; }

run_build() {
  local log=$home/log/build-$preset.log jobs
  mkdir -p "$home/log"
  need_disk
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros,pch_defines,include_file_mtime,include_file_ctime
  [ -n "${CCACHE_DIR:-}" ] || [ -n "${HOME:-}" ] || export CCACHE_DIR=$home/ccache
  ensure_configured
  # A compiler of this code wants up to 1.5 GB: fewer at once where memory is small.
  jobs=$(awk -v n="$(nproc)" '/MemAvailable/ {m = int($2 / 1500000); if (m < 1) m = 1; print (m < n ? m : n)}' /proc/meminfo)
  if ! NINJA_STATUS='[%f/%t] ' ninja -C "$build_dir" -j "$jobs" "$@" 2>&1 </dev/null | build_progress "$log"; then
    sed -n '/^FAILED: /,$p' "$log" | head -n 60 >&2
    die "the build failed: see above and $log"
  fi
}

# Ninja notices a changed CMakeLists.txt, but not a folder that has got its first one.
ensure_configured() {
  local log=$home/log/configure-$preset.log folders
  folders=$(cd "$root" && find cmake libs proto services test tools web -name CMakeLists.txt 2>/dev/null | sort | sha256sum | cut -c1-16)
  if [ -f "$build_dir/build.ninja" ] && stamp_is "$build_dir/folders" "$folders"; then return; fi
  say "configuring the build (preset $preset)"
  mkdir -p "$home/log"
  if ! cmake -S "$root" --preset "$preset" -B "$build_dir" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    rm -f "$build_dir/build.ninja"
    die "cmake could not configure the build: see above and $log"
  fi
  stamp_set "$build_dir/folders" "$folders"
}

# Ninja's lines go to a file; every 10 s one of them says how far it is.
build_progress() {
  local line last=$SECONDS begun=0
  : >"$1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    [[ $line == \[*/*\]* ]] || continue
    if ((!begun)); then
      begun=1
      say "building (preset $preset)"
    fi
    ((SECONDS - last >= 10)) || continue
    last=$SECONDS
    say "  built ${line%%]*}]"
  done
  ((!begun)) || say "built (preset $preset)"
}
