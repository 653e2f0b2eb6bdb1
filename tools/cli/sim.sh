# The shop, simulated: docs/simulator.md. Needs no engine and no port.
# shellcheck shell=bash

# sim [--seed S [--trace] | --seeds A..B [--jobs N]] [--bug NAME] | --bugs [--write]
sim_command() {
  local arguments=("$@")
  ((${#arguments[@]})) || arguments=(--seeds 1..500 --jobs "$(nproc)")
  [[ " ${arguments[*]} " != *" --write "* ]] || arguments=(--bugs --write "$root/docs/simulator.md")
  ensure_packages run build test
  ensure_build souk-sim
  "$bin_dir/souk-sim" "${arguments[@]}"
}
