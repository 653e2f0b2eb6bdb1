# The services: ports, what each is told, start, stop, status, logs; and the commands that talk to the engines.
# shellcheck shell=bash

# name, executable, HTTP port. gRPC listens on the HTTP port + 1000, the admin port (health, metrics) on + 2000; all + $offset.
# Started in this order, stopped in the other.
fleet_table='mail-sink souk-mail-sink 3026
payment-simulator souk-payment-simulator 3090
orders orders 3001
inventory inventory 3002
payments payments 3003
fulfillment fulfillment 3007
notifications notifications 3004
audit souk-audit 3099
gateway gateway 8000'
smtp_base=3025

# services: names of those whose executable has been built.
services() {
  local name executable _
  while read -r name executable _; do
    [ ! -x "$bin_dir/$executable" ] || echo "$name"
  done <<<"$fleet_table"
}
service_executable() { awk -v n="$1" '$1 == n {print $2}' <<<"$fleet_table"; }
http_port() { echo $(($(awk -v n="$1" '$1 == n {print $3}' <<<"$fleet_table") + offset)); }
grpc_port() { echo $(($(http_port "$1") + 1000)); }
admin_port() { echo $(($(http_port "$1") + 2000)); }
http_url() { echo "http://127.0.0.1:$(http_port "$1")"; }

service_ports() {
  local name
  while read -r name _; do
    echo "$(http_port "$name") $name"
    case $name in
      mail-sink) echo "$((smtp_base + offset)) mail-sink's SMTP" ;;
      orders | inventory | payments | fulfillment | notifications) echo "$(grpc_port "$name") $name's gRPC" && echo "$(admin_port "$name") $name's admin" ;;
      *) echo "$(admin_port "$name") $name's admin" ;;
    esac
  done <<<"$fleet_table"
}

# service_env NAME: what it is told, as NAME=value lines.
service_env() {
  local name=$1
  echo "SOUK_HTTP_PORT=$(http_port "$name")"
  echo "SOUK_ADMIN_PORT=$(admin_port "$name")"
  echo "SOUK_INSTANCE=$name-1"
  echo "SOUK_LOG_LEVEL=${SOUK_LOG_LEVEL:-info}"
  case $name in
    orders | inventory | payments | fulfillment | notifications)
      echo "SOUK_GRPC_PORT=$(grpc_port "$name")"
      echo "SOUK_SQL_URL=$(sql_url "$name")"
      echo "SOUK_KAFKA_BROKERS=$(kafka_brokers)"
      echo "SOUK_REDIS_NODES=$(redis_nodes)"
      ;;
  esac
  case $name in
    payments)
      echo "SOUK_PROVIDER_URL=$(http_url payment-simulator)"
      echo "SOUK_PROVIDER_KEY=$(secret provider-key)"
      echo "SOUK_WEBHOOK_SECRET=$(secret webhook-secret)"
      ;;
    notifications) echo "SOUK_SMTP_URL=smtp://127.0.0.1:$((smtp_base + offset))" ;;
    payment-simulator)
      echo "SOUK_PROVIDER_KEY=$(secret provider-key)"
      echo "SOUK_WEBHOOK_SECRET=$(secret webhook-secret)"
      echo "SOUK_WEBHOOK_URL=$(http_url payments)/v1/provider/webhooks"
      echo "SOUK_STATE_DIR=$data_dir/payment-simulator"
      ;;
    mail-sink) echo "SOUK_SMTP_PORT=$((smtp_base + offset))" ;;
    gateway)
      for name in orders inventory payments fulfillment notifications audit; do
        printf 'SOUK_%s_URL=%s\n' "${name^^}" "$(http_url "$name")"
      done
      echo "SOUK_KAFKA_BROKERS=$(kafka_brokers)"
      echo "SOUK_REDIS_NODES=$(redis_nodes)"
      ;;
    audit) audit_env ;;
  esac
}

# The audit reads everything and writes nothing.
audit_env() {
  local name
  for name in "${databases[@]}"; do printf 'SOUK_%s_SQL=%s\n' "${name^^}" "$(sql_url "$name" souk_audit)"; done
  echo "SOUK_KAFKA_BROKERS=$(kafka_brokers)"
  echo "SOUK_REDIS_NODES=$(redis_nodes)"
  echo "SOUK_PROVIDER_URL=$(http_url payment-simulator)"
  echo "SOUK_PROVIDER_KEY=$(secret provider-key)"
}

prepare_service() {
  local name=$1 file=$env_dir/$1
  mkdir -p "$data_dir/$name"
  (umask 077 && service_env "$name" >"$file.new") && mv "$file.new" "$file"
  write_unit "$name" <<END
cd "$data_dir/$name" || exit 1
set -a
. "$file"
exec "$bin_dir/$(service_executable "$name")"
END
}

service_ready() { curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$(admin_port "$1")/readyz" 2>/dev/null; }

declare_topics() {
  local file=$root/deploy/kafka/topics.yaml stamp replicas=(--replication 1 --min-isr 1)
  kafka_mocked && return
  [ -x "$bin_dir/souk-topics" ] && [ -f "$file" ] || return 0
  ((brokers == 1)) || replicas=(--replication 3 --min-isr 2)
  stamp="$(hash_of "$file") $(kafka_brokers) $(cat "$data_dir/kafka-1/log/meta.properties" 2>/dev/null | sha256sum | cut -c1-16)"
  stamp_is "$state/stamps/topics" "$stamp" && return
  say "declaring Kafka topics"
  "$bin_dir/souk-topics" create --brokers "$(kafka_brokers)" --file "$file" "${replicas[@]}" >"$state/topics.log" 2>&1 ||
    die "the topics could not be declared: $(tail -n 1 "$state/topics.log")"
  stamp_set "$state/stamps/topics" "$stamp"
}

# services_up [NAME...]
services_up() {
  local name list=("$@")
  ((${#list[@]})) || mapfile -t list < <(services)
  ((${#list[@]})) || return 0
  for name in "${list[@]}"; do prepare_service "$name"; done
  units_up "${list[@]}"
  for name in "${list[@]}"; do
    await 60 "$name" service_ready "$name" || die "$name is not ready after 60 s: $(what_is_missing "$name") (./souk logs $name)"
  done
  say "${#list[@]} services are ready: ${list[*]}"
}
what_is_missing() {
  curl -sS -m 2 "http://127.0.0.1:$(admin_port "$1")/readyz" 2>/dev/null | head -c 300 | tr '\n' ' ' || true
  tail -n 1 "$log_dir/$1/current" 2>/dev/null | cut -c1-300
}

# up [--engines] [--no-build] [SERVICE...]
up_command() {
  local engines_only=0 build=1
  while (($#)); do
    case $1 in
      --engines) engines_only=1 ;;
      --no-build) build=0 ;;
      -*) usage_error "up knows --engines and --no-build, not '$1'" ;;
      *) break ;;
    esac
    shift
  done
  if ((build)); then
    if ((engines_only)); then ensure_packages run; else ensure_packages run build && ensure_build; fi
  fi
  need_disk
  fleet_runs || check_ports
  engines_up
  ((engines_only)) && return
  declare_topics
  services_up "$@"
}

# down [--clean]
down_command() {
  case ${1:-} in '' | --clean) ;; *) usage_error "down knows --clean, not '$1'" ;; esac
  local list service=() engine=() name
  if fleet_runs; then
    mapfile -t list < <(units)
    for name in "${list[@]}"; do
      case $name in sql | kafka-* | redis-*) engine+=("$name") ;; *) service=("$name" "${service[@]+"${service[@]}"}") ;; esac
    done
    say "stopping ${#service[@]} services and ${#engine[@]} engine processes"
    ((${#service[@]} == 0)) || units_down 20 "${service[@]}"
    ((${#engine[@]} == 0)) || units_down 40 "${engine[@]}"
  fi
  stop_supervisor
  say "stopped: nothing of $state runs"
  if [ "${1:-}" = --clean ]; then
    rm -rf "$state"
    say "removed $state"
  fi
}

status_command() {
  if ! fleet_runs; then
    echo "nothing runs in $state"
    return 3
  fi
  local name pid since ready
  printf '%s%-20s %8s  %-10s %s%s\n' "$bold" PROCESS PID UP READY "$plain"
  for name in $(units); do
    pid=$(unit_pid "$name")
    if [ -z "$pid" ]; then
      printf '%-20s %8s  %-10s %s\n' "$name" - - down
      continue
    fi
    since=$(ps -o etimes= -p "$pid" 2>/dev/null || process_age "$pid")
    if unit_ready "$name"; then ready=${green}yes$plain; else ready=${red}no$plain; fi
    printf '%-20s %8s  %-10s %s\n' "$name" "$pid" "$(printf '%dm%02ds' $((since / 60)) $((since % 60)))" "$ready"
  done
  [ ! -x "$bin_dir/gateway" ] || echo "gateway: $(http_url gateway)"
}
process_age() {
  local now begin
  read -r now _ </proc/uptime
  begin=$(awk '{sub(/^.*\) /, ""); print $20}' "/proc/$1/stat")
  echo $((${now%.*} - begin / $(getconf CLK_TCK)))
}

logs_command() {
  local name=${1:-} follow=${2:-}
  [ "$name" != -f ] || { name='' follow=-f; }
  [ -d "$log_dir" ] || die "there are no logs in $state yet"
  if [ -z "$name" ]; then
    if [ -n "$follow" ]; then exec tail -n 3 -F "$log_dir"/*/current; fi
    for name in $(units); do
      printf '%s== %s%s\n' "$bold" "$name" "$plain"
      tail -n 5 "$log_dir/$name/current" 2>/dev/null || true
    done
    return
  fi
  [ -f "$log_dir/$name/current" ] || usage_error "there is no log of '$name'; there are: $(units | tr '\n' ' ')"
  if [ -n "$follow" ]; then exec tail -n 50 -F "$log_dir/$name/current"; fi
  cat "$log_dir/$name/current"
}

need_fleet() { fleet_runs || die "nothing runs in $state: ./souk up first"; }

env_command() {
  [ -f "$env_dir/${1:-}" ] || usage_error "env SERVICE; known: $(ls "$env_dir" 2>/dev/null | tr '\n' ' ')"
  cat "$env_dir/$1"
}

# with_env NAME COMMAND...: runs it with what the service NAME is told.
with_env() {
  local file
  file=$(mktemp)
  service_env "$1" >"$file"
  shift
  # shellcheck disable=SC1090
  (set -a && . "$file" && rm -f "$file" && exec "$@")
}

audit_command() {
  need_fleet
  [ -x "$bin_dir/souk-audit" ] || die "souk-audit is not built: ./souk build"
  local variables
  mapfile -t variables < <(audit_env)
  env -u SOUK_SQL_URL -u SOUK_STATE -u SOUK_OFFSET "${variables[@]}" "$bin_dir/souk-audit" "${@:---once}"
}

bench_command() {
  [ $# -ge 1 ] || usage_error "bench NAME: orders, inventory"
  ensure_packages run build
  ensure_build souk-bench
  fleet_runs || up_command
  with_env orders "$bin_dir/souk-bench" "$@"
}

psql_command() {
  local name=${1:-}
  [[ -n $name && " ${databases[*]} " == *" $name "* ]] || usage_error "psql SERVICE; known: ${databases[*]}"
  shift
  exec psql "$(sql_url "$name")" "$@"
}

redis_command() {
  local first
  first=$(redis_nodes)
  first=${first%%,*}
  exec redis-cli -c -h "${first%:*}" -p "${first#*:}" "$@"
}

kafka_command() {
  local verb=${1:-topics}
  shift || true
  case $verb in
    topics) kcat -b "$(kafka_brokers)" -L | sed -n 's/^  topic "\(.*\)" with \(.*\) partitions:/\1\t\2/p' | sort ;;
    consume)
      [ $# -ge 1 ] || usage_error "kafka consume TOPIC [kcat's arguments]"
      kcat -b "$(kafka_brokers)" -C -e -q -f '%p:%o %T key=%k %h (%S bytes)\n' -t "$@"
      ;;
    tail) kcat -b "$(kafka_brokers)" -C -o end -q -f '%p:%o %T key=%k %h (%S bytes)\n' -t "$@" ;;
    produce) kcat -b "$(kafka_brokers)" -P -t "$@" ;;
    groups) java "${jvm_flags[@]}" -cp "$(kafka_classpath)" org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$(kafka_brokers)" --describe --all-groups ;;
    *) usage_error "kafka topics | groups | consume TOPIC | tail TOPIC | produce TOPIC" ;;
  esac
}
