# ./souk demo: everything up, then souk-demo loads a catalogue and replays orders, then it stays until Ctrl-C.
# shellcheck shell=bash

demo() {
  local after=stay data='' up=() pass=() code=0 json report variables
  while (($#)); do
    case $1 in
      --detach) after=detach ;;
      --exit) after="exit" ;;
      --no-build) up=(--no-build) ;;
      --data)
        data=${2:?--data needs a folder}
        shift
        ;;
      --data=*) data=${1#*=} ;;
      --orders | --rate | --seed)
        [ $# -gt 1 ] || usage_error "$1 needs a number"
        pass+=("$1=$2")
        shift
        ;;
      --*=*) pass+=("$1") ;;
      *) usage_error "demo does not know '$1'" ;;
    esac
    shift
  done
  [ -z "$data" ] || [ -d "$data" ] || die "there is no folder $data: --data names a folder with order files"
  if [ -z "$data" ] && [ -d "$root/../shared/data/online-retail" ]; then data=$root/../shared/data/online-retail; fi
  use_state
  json=$state/demo.json report=$state/demo-report.txt
  trap 'demo_end' INT TERM
  up_command "${up[@]+"${up[@]}"}"
  say "everything is up; the live page: $(http_url gateway)"
  [ -x "$bin_dir/souk-demo" ] || die "souk-demo is not built"
  rm -f "$json"
  demo_flags "$data"
  # Its own last line is kept back, so that it is the last one of this command too.
  mapfile -t variables < <(audit_env)
  clean_env "${variables[@]}" "$bin_dir/souk-demo" "${flags[@]}" "${pass[@]+"${pass[@]}"}" | tee "$report" | sed -u '/^{.*}$/d' || code=$?
  [ -s "$json" ] || grep -E '^\{.*\}$' "$report" | tail -n 1 >"$json" || true
  case $after in
    detach)
      echo "left running; the live page: $(http_url gateway)   (./souk status, ./souk logs, ./souk down)"
      demo_json "$json"
      ;;
    exit)
      down_command
      demo_json "$json"
      ;;
    stay)
      echo "the live page: $(http_url gateway)   (Ctrl-C stops everything)"
      demo_json "$json"
      while :; do sleep 1; done
      ;;
  esac
  return "$code"
}

# The figures of the report as one line; nothing when the replay did not get that far.
demo_json() {
  [ -s "$1" ] || return 0
  tr -d '\n' <"$1" && echo
}

# demo_flags DATA: fills $flags with where everything is.
demo_flags() {
  flags=("--gateway.url=$(http_url gateway)" "--inventory.grpc=127.0.0.1:$(grpc_port inventory)" "--processes=$(admin_addresses)"
    "--progress.file=$state/demo-progress" "--json.out=$json")
  [ -z "$1" ] || flags+=("--data=$1")
}

demo_end() {
  trap '' INT TERM
  down_command
  exit 0
}
