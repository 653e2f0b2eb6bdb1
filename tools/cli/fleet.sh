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
products products 3005
order-recovery order-recovery 3009
audit souk-audit 3099
gateway gateway 8000'
smtp_base=3025

# services: names of those whose executable has been built.
services() {
  local name executable _ i
  while read -r name executable _; do
    [ -x "$bin_dir/$executable" ] || continue
    echo "$name"
    ! has_database "$name" || for ((i = 2; i <= instances; i++)); do echo "$name-$i"; done
  done <<<"$fleet_table"
}
fleet_row() {
  local name executable port
  while read -r name executable port; do
    if [ "$name" = "$1" ]; then echo "$executable $port" && return; fi
  done <<<"$fleet_table"
  return 1
}
service_executable() {
  local row
  row=$(fleet_row "$(base_name "$1")") && echo "${row% *}"
}
http_port() {
  local row
  row=$(fleet_row "$(base_name "$1")") && echo $((${row#* } + $(instance_shift "$1") + offset))
}
grpc_port() { echo $(($(http_port "$1") + 1000)); }
admin_port() { echo $(($(http_port "$1") + 2000)); }
http_url() { echo "http://127.0.0.1:$(http_port "$1")"; }

service_ports() {
  local name
  while read -r name _; do
    echo "$(http_port "$name") $name"
    case $name in
      mail-sink) echo "$((smtp_base + offset)) mail-sink's SMTP" ;;
      orders | inventory | payments | fulfillment | notifications | products | order-recovery) echo "$(grpc_port "$name") $name's gRPC" && echo "$(admin_port "$name") $name's admin" ;;
      *) echo "$(admin_port "$name") $name's admin" ;;
    esac
  done <<<"$fleet_table"
}

# A second instance of a service is called NAME-2; its ports lie 50 above those of the first.
base_name() { sed -E 's/-[2-9]$//' <<<"$1"; }
instance_shift() {
  case $1 in *-[2-9]) echo $(((${1##*-} - 1) * 50)) ;; *) echo 0 ;; esac
}

# sql_services: those with a database of their own.
has_database() { [[ " ${databases[*]} " == *" $(base_name "$1") "* ]]; }

# all_urls NAME: REST addresses of all its instances, separated by commas.
all_urls() {
  local list name
  list=$(http_url "$1")
  for name in $(services); do [[ $name != "$1"-[2-9] ]] || list+=",$(http_url "$name")"; done
  printf '%s\n' "$list"
}

# all_grpc NAME: gRPC addresses of all its instances, separated by commas.
all_grpc() {
  local list name
  list=127.0.0.1:$(grpc_port "$1")
  for name in $(services); do [[ $name != "$1"-[2-9] ]] || list+=",127.0.0.1:$(grpc_port "$name")"; done
  printf '%s\n' "$list"
}

# service_env NAME: what it is told, as NAME=value lines. The file $state/override/NAME, when there, has the last word
# (tests make a service faster, slower or chaotic with it); of override/all each program takes what it declares.
service_env() {
  {
    service_env_common "$1"
    service_env_own "$(base_name "$1")"
    cat "$state/override/all" 2>/dev/null || true
  } | keep_known "$1"
  cat "$state/override/$(base_name "$1")" 2>/dev/null || true
}

# Not every program has every one of these.
service_env_common() {
  echo "SOUK_HTTP_PORT=$(http_port "$1")"
  echo "SOUK_ADMIN_PORT=$(admin_port "$1")"
  echo "SOUK_GRPC_PORT=$(grpc_port "$1")"
  echo "SOUK_INSTANCE=$1"
  echo "SOUK_LOG_LEVEL=${SOUK_LOG_LEVEL:-info}"
  ! has_database "$1" || echo "SOUK_SQL_URL=$(sql_url "$(base_name "$1")")"
  echo "SOUK_KAFKA_BROKERS=$(kafka_brokers)"
  echo "SOUK_REDIS_NODES=$(redis_nodes)"
}

service_env_own() {
  local name
  case $1 in
    payments)
      echo "SOUK_PROVIDER_URL=$(http_url payment-simulator)"
      echo "SOUK_PROVIDER_KEY=$(secret provider-key)"
      echo "SOUK_WEBHOOK_SECRET=$(secret webhook-secret)"
      ;;
    orders) echo "SOUK_SAGA_CHALLENGE_DEADLINE=8s" ;; # nobody sits in front of the demo's bank
    order-recovery) echo "SOUK_ORDERS_GRPC=$(all_grpc orders)" ;;
    notifications) echo "SOUK_SMTP_URL=smtp://127.0.0.1:$((smtp_base + offset))" ;;
    payment-simulator)
      echo "SOUK_WEBHOOK_SECRET=$(secret webhook-secret)"
      echo "SOUK_WEBHOOK_URLS=$(http_url payments)/webhooks/provider"
      echo "SOUK_STATE_FILE=$data_dir/payment-simulator/state.json"
      ;;
    mail-sink) echo "SOUK_SMTP_PORT=$((smtp_base + offset))" ;;
    gateway)
      for name in orders inventory payments fulfillment notifications products; do
        printf 'SOUK_%s_URL=%s\n' "${name^^}" "$(all_urls "$name")"
      done
      echo "SOUK_RECOVERY_URL=$(all_urls order-recovery)"
      [ ! -x "$bin_dir/souk-audit" ] || echo "SOUK_AUDIT_URL=$(http_url audit)"
      echo "SOUK_LIVE_PROCESSES=$(live_addresses)"
      ;;
    audit)
      audit_env
      echo "SOUK_SERVE=true"
      ;;
  esac
}

# admin_addresses: "name=host:port,..." of every process that says itself whether it is ready.
admin_addresses() {
  local name list=''
  for name in $(services); do
    ! has_database "$name" || list+=",$name=127.0.0.1:$(admin_port "$name")"
  done
  printf '%s\n' "${list#,}"
}

# live_addresses: the same of every process; a tool is asked for a page of its own that costs nothing.
live_addresses() {
  local name list
  list=$(admin_addresses),gateway=127.0.0.1:$(admin_port gateway)
  for name in audit/healthz payment-simulator/healthz mail-sink/api/stats; do
    [ ! -x "$bin_dir/$(service_executable "${name%%/*}")" ] || list+=",${name%%/*}=127.0.0.1:$(http_port "${name%%/*}")/${name#*/}"
  done
  printf '%s\n' "${list#,}"
}

# The audit reads everything and writes nothing.
audit_env() {
  local name
  for name in "${databases[@]}"; do
    [[ $name == order-recovery || $name == products ]] || printf 'SOUK_%s_SQL=%s\n' "${name^^}" "$(sql_url "$name" souk_audit)"
  done
  echo "SOUK_KAFKA_BROKERS=$(kafka_brokers)"
  echo "SOUK_REDIS_NODES=$(redis_nodes)"
  echo "SOUK_PROVIDER_URL=$(http_url payment-simulator)"
  echo "SOUK_PROVIDER_KEY=$(secret provider-key)"
  echo "SOUK_LOGS_DIR=$log_dir"
}

# known_keys EXECUTABLE: the variables it declares, from its --help.
known_keys() { "$bin_dir/$1" --help 2>/dev/null | sed -n 's/^ *--\([a-z0-9._-]*\)=.*/\1/p' | tr 'a-z.-' 'A-Z__' | sed 's/^/SOUK_/'; }

# keep_known NAME: of the lines on stdin, those that the program declares; it would refuse to start with others.
keep_known() {
  local known
  known=" $(known_keys "$(service_executable "$1")" | tr '\n' ' ') "
  while IFS= read -r line; do [[ $known != *" ${line%%=*} "* ]] || printf '%s\n' "$line"; done
}

# prepare_service NAME: its variables and its unit. A process that runs with other variables or an older program is ended,
# so that it starts again with the new ones.
prepare_service() {
  local name=$1 file=$env_dir/$1 pid
  mkdir -p "$data_dir/$name"
  (umask 077 && service_env "$name" >"$file.new")
  pid=$(unit_pid "$name")
  if [ -n "$pid" ] && { ! cmp -s "$file" "$file.new" || [[ $(readlink "/proc/$pid/exe") != "$bin_dir/$(service_executable "$name")" ]]; }; then
    say "$name has changed: restarting it"
    units_down 20 "$name"
  fi
  mv "$file.new" "$file"
  write_unit "$name" <<END
cd "$data_dir/$name" || exit 1
set -a
. "$file"
exec "$bin_dir/$(service_executable "$name")"
END
}

# Ready is what a service says on its admin port; a tool without one is ready when it listens.
service_ready() {
  if grep -q '^SOUK_ADMIN_PORT=' "$env_dir/$1" 2>/dev/null; then
    curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$(admin_port "$1")/readyz" 2>/dev/null
  else
    unit_runs "$1" && listening "$(http_port "$1")"
  fi
}

declare_topics() {
  local file=$root/deploy/kafka/topics.yaml stamp replicas=(--replication 1 --min-isr 1)
  kafka_mocked && return
  [ -x "$bin_dir/souk-topics" ] && [ -f "$file" ] || return 0
  ((brokers == 1)) || replicas=(--replication 3 --min-isr 2)
  stamp="$(hash_of "$file") $(kafka_brokers) $({ cat "$data_dir/kafka-1/log/meta.properties" 2>/dev/null || true; } | sha256sum | cut -c1-16)"
  stamp_is "$state/stamps/topics" "$stamp" && return
  say "declaring Kafka topics"
  "$bin_dir/souk-topics" create --brokers "$(kafka_brokers)" --file "$file" "${replicas[@]}" >"$state/topics.log" 2>&1 ||
    die "the topics could not be declared: $(tail -n 1 "$state/topics.log")"
  stamp_set "$state/stamps/topics" "$stamp"
}

# drop_units_except NAME...: further instances that are no longer wanted.
drop_units_except() {
  local name extra=()
  for name in $(units); do
    [[ $name != *-[2-9] || " $* " == *" $name "* ]] || ! has_database "$name" || extra+=("$name")
  done
  ((${#extra[@]})) || return 0
  say "stopping ${extra[*]}"
  units_down 20 "${extra[@]}"
  for name in "${extra[@]}"; do
    printf x >"$sv_dir/$name/supervise/control" || true
    # Its supervisor writes there until it has ended.
    await 10 "the end of $name's supervisor" forget_unit "$name" || die "$sv_dir/$name could not be removed"
  done
}

forget_unit() { rm -rf "${sv_dir:?}/$1" "${env_dir:?}/$1" 2>/dev/null; }

# services_up [NAME...]
services_up() {
  local name list=("$@")
  if ((${#list[@]} == 0)); then
    mapfile -t list < <(services)
    drop_units_except "${list[@]}"
  fi
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

# up [--engines] [--no-build] [--instances N] [SERVICE...]
up_command() {
  local engines_only=0 build=1
  while (($#)); do
    case $1 in
      --instances)
        [[ ${2:-} =~ ^[1-9]$ ]] || usage_error "--instances takes a number from 1 to 9"
        instances=$2
        shift
        ;;
      --engines) engines_only=1 ;;
      --no-build) build=0 ;;
      -*) usage_error "up knows --engines, --no-build and --instances, not '$1'" ;;
      *) break ;;
    esac
    shift
  done
  if ((build)); then
    if ((engines_only)); then ensure_packages run; else ensure_packages run build && ensure_build fleet; fi
  fi
  need_disk
  if ! fleet_runs; then
    # What a supervisor that was killed has left behind still holds the ports.
    [ -z "$(fleet_pids)" ] || down_command
    check_ports
  fi
  engines_up
  ((engines_only)) && return
  declare_topics
  services_up "$@"
}

# down [--clean]
down_command() {
  case ${1:-} in '' | --clean) ;; *) usage_error "down knows --clean, not '$1'" ;; esac
  local list service=() engine=() name
  if [ -n "$(fleet_pids)" ]; then
    mapfile -t list < <(units)
    for name in "${list[@]}"; do
      case $name in sql | kafka-* | redis-*) engine+=("$name") ;; *) service=("$name" "${service[@]+"${service[@]}"}") ;; esac
    done
    say "stopping ${#service[@]} services and ${#engine[@]} engine processes"
    ((${#service[@]} == 0)) || units_down 20 "${service[@]}"
    ((${#engine[@]} == 0)) || units_down 40 "${engine[@]}"
    stop_supervisor
    say "stopped: nothing of $state runs"
  else
    say "nothing of $state runs"
  fi
  if [ "${1:-}" = --clean ]; then
    rm -rf "$state"
    say "removed its data"
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

# clean_env NAME=VALUE... COMMAND...: without the variables that speak to ./souk itself.
clean_env() { env -u SOUK_SQL_URL -u SOUK_KAFKA_BROKERS -u SOUK_REDIS_NODES -u SOUK_HOME -u SOUK_LOG_LEVEL "$@"; }

audit_command() {
  need_fleet
  [ -x "$bin_dir/souk-audit" ] || die "souk-audit is not built: ./souk build"
  local variables
  mapfile -t variables < <(audit_env)
  clean_env "${variables[@]}" "$bin_dir/souk-audit" "$@"
}

# bench NAME [--key=value...]: the fleet as it runs, without the audit that looks at everything every few seconds.
bench_command() {
  local name=${1:-} variables rc=0
  [[ $name == orders || $name == inventory ]] || usage_error "bench NAME: orders, inventory"
  ensure_packages run build
  ensure_build souk-bench
  fleet_runs || up_command --no-build
  units_down 20 audit
  mapfile -t variables < <(audit_env && bench_env)
  clean_env "${variables[@]}" "$bin_dir/souk-bench" "$@" || rc=$?
  units_up audit
  return "$rc"
}
bench_env() {
  local name pids=''
  for name in $(units); do [ -z "$(unit_pid "$name")" ] || pids+=",$name=$(unit_pid "$name")"; done
  printf 'SOUK_PROCESSES=%s\nSOUK_GATEWAY_URL=%s\nSOUK_SQL_ADMIN=%s\n' "${pids#,}" "$(http_url gateway)" "$(sql_admin_url)"
  printf 'SOUK_INVENTORY_GRPC=127.0.0.1:%s\nSOUK_ENV_DIR=%s\nSOUK_BIN_DIR=%s\n' "$(grpc_port inventory)" "$env_dir" "$bin_dir"
  printf 'SOUK_SOUK=%s\nSOUK_STATE_DIR=%s\n' "$root/souk" "$state"
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
