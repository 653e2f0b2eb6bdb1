# Debian packages of tools/cli/packages.txt, installed only when missing.
# shellcheck shell=bash

# package_names GROUP...
package_names() {
  local group name _
  while read -r group name _; do
    case " $* " in *" $group "*) printf '%s\n' "$name" ;; esac
  done < <(grep -v '^#' "$root/tools/cli/packages.txt")
}

missing_packages() {
  local names installed name
  mapfile -t names < <(package_names "$@")
  installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "${names[@]}" 2>/dev/null || true)"
  for name in "${names[@]}"; do
    [[ $installed == *" $name:installed "* ]] || provided "$name" || printf '%s\n' "$name"
  done
}

# provided NAME: an installed package of another name brings it, as some packages of Node.js bring npm.
provided() {
  dpkg-query -W -f '${db:Status-Status}, ${Provides}, \n' 2>/dev/null | grep -Eq "^installed,.* $1( \(|,)"
}

# ensure_packages GROUP...
ensure_packages() {
  command -v dpkg-query >/dev/null || die "this is not a Debian system: install the packages of tools/cli/packages.txt by hand"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  locked packages install_packages "$@"
}

install_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  need_disk
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "${#missing[@]} packages are missing and you are not root: run once as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  mkdir -p "$home/log"
  "${as_root[@]}" bash "$root/tools/cli/apt-install.sh" "${missing[@]}" 2>"$home/log/apt.err" | apt_progress "$home/log/apt.log" ||
    die "packages could not be installed: $(apt_reason) (the whole story is in $home/log/apt.err)"
}

# The last error of apt in one line, with what to do about it.
apt_reason() {
  local line
  line=$(grep -E '^E:|sudo:' "$home/log/apt.err" | tail -n 1)
  if grep -qE 'Failed to fetch|Could not (resolve|connect)|Temporary failure|Unable to fetch' "$home/log/apt.err"; then
    line="the package registry cannot be reached, check the network and /etc/apt: $line"
  elif grep -q 'Unable to locate package' "$home/log/apt.err"; then
    line="the registries in /etc/apt do not have them, is this Debian 12 with its main archive? $line"
  fi
  printf '%s' "${line:-no reason given}"
}

# Turns apt's output into one line every 5 s; keeps all of it in a file.
apt_progress() {
  local line count=0 last=$SECONDS
  : >"$1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case $line in "Get:"*) phase=fetched ;; "Unpacking "*) phase=unpacked ;; "Setting up "*) phase='set up' ;; *) continue ;; esac
    [ "$phase" = "${previous:-}" ] || count=0
    previous=$phase count=$((count + 1))
    ((SECONDS - last >= 5)) || continue
    last=$SECONDS
    say "  $phase $count packages"
  done
}
