# The three engines: PostgreSQL, six Redis nodes, Apache Kafka. Each has its unit, its data under $state/data, its port + $offset.
# An engine named in the environment (SOUK_SQL_URL, SOUK_REDIS_NODES, SOUK_KAFKA_BROKERS) is used instead of a started one.
# shellcheck shell=bash

databases=(orders inventory payments fulfillment notifications products order-recovery)
pg_bin=/usr/lib/postgresql/15/bin
kafka_home=$home/kafka
jvm_flags=(-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$root/deploy/kafka/log4j2.properties")

sql_port() { echo $((15432 + offset)); }
redis_port() { echo $((17000 + $1 + offset)); }
kafka_port() { echo $((19092 + ($1 - 1) * 100 + offset)); }

sql_is_ours() { [ -z "${SOUK_SQL_URL:-}" ]; }
redis_is_ours() { [ -z "${SOUK_REDIS_NODES:-}" ]; }
kafka_is_ours() { [ -z "${SOUK_KAFKA_BROKERS:-}" ]; }

redis_nodes() {
  redis_is_ours || { printf '%s\n' "$SOUK_REDIS_NODES" && return; }
  local i list=''
  for i in 0 1 2 3 4 5; do list+=,127.0.0.1:$(redis_port "$i"); done
  printf '%s\n' "${list#,}"
}

kafka_brokers() {
  kafka_is_ours || { printf '%s\n' "$SOUK_KAFKA_BROKERS" && return; }
  if [ -s "$data_dir/kafka-mock/bootstrap" ]; then cat "$data_dir/kafka-mock/bootstrap" && return; fi
  local i list=''
  for ((i = 1; i <= brokers; i++)); do list+=,127.0.0.1:$(kafka_port "$i"); done
  printf '%s\n' "${list#,}"
}

# secret NAME: made once per state folder, readable by its owner only.
secret() {
  local file=$state/secrets/$1
  if [ ! -s "$file" ]; then
    (umask 077 && mkdir -p "$state/secrets" && random_secret >"$file")
  fi
  cat "$file"
}

# sql_url DATABASE: as the user of that name. sql_admin_url: as the superuser.
sql_where() {
  sql_is_ours && { printf '127.0.0.1:%s' "$(sql_port)" && return; }
  local where=${SOUK_SQL_URL#*://}
  where=${where##*@} where=${where%%\?*}
  printf '%s' "${where%%/*}"
}
sql_url() { printf 'postgresql://%s:%s@%s/%s\n' "$(sql_name "${2:-$1}")" "$(secret "sql-${2:-$1}")" "$(sql_where)" "$(sql_name "$1")"; }
# sql_name SERVICE: its database and user: SQL's names have no hyphens.
sql_name() { printf '%s' "${1//-/_}"; }
sql_admin_url() {
  sql_is_ours || { printf '%s\n' "$SOUK_SQL_URL" && return; }
  printf 'postgresql://souk:%s@%s/postgres\n' "$(secret sql-souk)" "$(sql_where)"
}

# ---- PostgreSQL

# PostgreSQL refuses to run as root: then it runs as the user postgres of its package. Fills $as_postgres.
choose_postgres_user() {
  as_postgres=()
  ((EUID == 0)) || return 0
  local plain=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  as_postgres=("${plain[@]}")
  "${as_postgres[@]}" sh -c 'cd "$1"' - "$data_dir" 2>/dev/null && return
  # The checkout lies in a folder that others may not enter (such as /root): let this one process through.
  as_postgres=("${plain[@]}" --inh-caps=+dac_override --ambient-caps=+dac_override)
  "${as_postgres[@]}" sh -c 'cd "$1"' - "$data_dir" 2>/dev/null ||
    die "user postgres may not enter $data_dir: clone to a folder that others may enter, or set SOUK_STATE to one (such as /var/lib/souk)"
}

# A socket's path has room for 107 bytes.
sql_socket_dir() {
  local dir=$state/sock
  ((${#dir} <= 85)) || dir=/tmp/souk-$(printf '%s' "$state" | sha256sum | cut -c1-12)
  printf '%s' "$dir"
}

prepare_sql() {
  local data=$data_dir/sql password sock
  choose_postgres_user
  sock=$(sql_socket_dir)
  mkdir -p "$sock" "$data_dir"
  ((EUID != 0)) || chown postgres:postgres "$sock"
  if [ ! -f "$data/PG_VERSION" ]; then
    say "creating the SQL data folder"
    rm -rf "$data" && mkdir -p "$data" && chmod 700 "$data"
    password=$data_dir/.sql-password
    (umask 077 && secret sql-souk >"$password")
    ((EUID != 0)) || chown postgres:postgres "$data" "$password"
    (cd "$data" && LC_ALL=C "${as_postgres[@]}" "$pg_bin/initdb" -D "$data" -U souk --pwfile="$password" --auth=scram-sha-256 \
      --locale=C --encoding=UTF8) >"$state/initdb.log" 2>&1 || die "initdb failed: see $state/initdb.log"
    rm -f "$password"
    cp "$data/postgresql.conf" "$data/postgresql.conf.initdb"
  fi
  cat "$data/postgresql.conf.initdb" "$root/deploy/postgres/postgresql.conf" >"$data/postgresql.conf"
  # TERM would wait for the clients to go; INT ends their connections and stops cleanly.
  write_unit sql INT <<END
cd "$data" || exit 1
export LC_ALL=C
exec ${as_postgres[*]} $pg_bin/postgres -D "$data" -p $(sql_port) -k "$sock"
END
}

sql_ready() { "$pg_bin/pg_isready" -q -h 127.0.0.1 -p "$(sql_port)"; }

# One database and one user per service, and a user that may read everything for the audit.
bootstrap_sql() {
  local stamp wanted='' name role
  for name in "${databases[@]}" souk_audit; do wanted+="$name:$(secret "sql-$name") "; done
  stamp=$(printf '%s' "v2 $(sql_where) $wanted" | sha256sum | cut -c1-16)
  stamp_is "$state/stamps/sql" "$stamp" && return
  say "creating a database and a user for each service"
  {
    for name in "${databases[@]}" souk_audit; do
      role=$(sql_name "$name")
      printf "DO \$\$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '%s') THEN CREATE ROLE %s LOGIN; END IF; END \$\$;\n" "$role" "$role"
      printf "ALTER ROLE %s PASSWORD '%s';\n" "$role" "$(secret "sql-$name")"
    done
    printf 'GRANT pg_read_all_data TO souk_audit;\n'
    for name in "${databases[@]//-/_}"; do
      printf "SELECT 'CREATE DATABASE %s OWNER %s' WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = '%s') \\\\gexec\n" "$name" "$name" "$name"
      printf 'REVOKE CONNECT ON DATABASE %s FROM PUBLIC;\nGRANT CONNECT ON DATABASE %s TO souk_audit;\n' "$name" "$name"
    done
  } | psql -X -q -v ON_ERROR_STOP=1 "$(sql_admin_url)" >"$state/bootstrap-sql.log" 2>&1 ||
    die "the databases could not be created: $(tail -n 1 "$state/bootstrap-sql.log")"
  stamp_set "$state/stamps/sql" "$stamp"
}

# ---- Redis Cluster

prepare_redis() {
  local i data
  for i in 0 1 2 3 4 5; do
    data=$data_dir/redis-$i
    mkdir -p "$data"
    sed -e "s#@PORT@#$(redis_port "$i")#; s#@BUS_PORT@#$(($(redis_port "$i") + 100))#; s#@DATA@#$data#" \
      "$root/deploy/redis/redis.conf" >"$data/redis.conf"
    write_unit "redis-$i" <<END
cd "$data" || exit 1
exec redis-server "$data/redis.conf"
END
  done
}

redis_node_ready() { [ "$(redis-cli -p "$(redis_port "$1")" ping 2>/dev/null)" = PONG ]; }
redis_nodes_ready() {
  local i
  for i in 0 1 2 3 4 5; do redis_node_ready "$i" || return 1; done
}
# Every node sees all slots served and all others connected.
redis_ready() {
  local i info
  for i in 0 1 2 3 4 5; do
    info=$(redis-cli -p "$(redis_port "$i")" cluster info 2>/dev/null) || return 1
    [[ $info == *cluster_state:ok* && $info == *cluster_slots_ok:16384* && $info == *cluster_known_nodes:6* ]] || return 1
  done
}

bootstrap_redis() {
  local nodes i
  [ ! -f "$state/stamps/redis" ] || return 0
  say "joining six Redis nodes to a cluster of 3 primaries and 3 replicas"
  IFS=, read -ra nodes <<<"$(redis_nodes)"
  # A first try that was cut off leaves half a cluster behind; nothing of value is in it yet.
  for i in 0 1 2 3 4 5; do
    redis-cli -p "$(redis_port "$i")" flushall >/dev/null 2>&1 || true
    redis-cli -p "$(redis_port "$i")" cluster reset hard >/dev/null 2>&1 || true
  done
  redis-cli --cluster create "${nodes[@]}" --cluster-replicas 1 --cluster-yes >"$state/bootstrap-redis.log" 2>&1 ||
    die "the Redis Cluster could not be created: $(tail -n 1 "$state/bootstrap-redis.log")"
  stamp_set "$state/stamps/redis" created
}

# ---- Apache Kafka

# ensure_jars: Apache Kafka's published jars, once per checkout. Fails when they cannot be had.
ensure_jars() {
  local stamp
  stamp=$(hash_of "$root/deploy/kafka/pom.xml")
  stamp_is "$kafka_home/stamp" "$stamp" || locked kafka-jars fetch_jars "$stamp"
}
fetch_jars() {
  ! stamp_is "$kafka_home/stamp" "$1" || return 0
  say "fetching Apache Kafka's jars (38 MB)"
  rm -rf "$kafka_home" && mkdir -p "$kafka_home"
  cp "$root/deploy/kafka/pom.xml" "$kafka_home/"
  (cd "$kafka_home" && mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib) >"$kafka_home/maven.log" 2>&1 </dev/null || return 1
  stamp_set "$kafka_home/stamp" "$1"
}

# A fixed order and whole paths: the class-data archive needs both.
kafka_classpath() { printf '%s:' "$kafka_home"/lib/*.jar; }

# kafka_properties ID REPLICAS DATA
kafka_properties() {
  local i voters='' isr=1
  (($2 < 3)) || isr=2
  for ((i = 1; i <= $2; i++)); do voters+=,$i@127.0.0.1:$(($(kafka_port "$i") + 1)); done
  sed -e "s#@ID@#$1#; s#@VOTERS@#${voters#,}#; s#@PORT@#$(kafka_port "$1")#; s#@CONTROLLER_PORT@#$(($(kafka_port "$1") + 1))#" \
    -e "s#@DATA@#$3/log#; s#@REPLICAS@#$2#; s#@MIN_ISR@#$isr#" "$root/deploy/kafka/server.properties" >"$3/server.properties"
}

kafka_format() {
  java "${jvm_flags[@]}" -cp "$(kafka_classpath)" kafka.tools.StorageTool format -t "$1" -c "$2" >"${2%/*}/format.log" 2>&1 ||
    die "Kafka's data folder could not be formatted: $(tail -n 1 "${2%/*}/format.log")"
}

kafka_cluster_id() {
  local id=-
  while [[ $id == -* ]]; do id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='); done
  printf '%s' "$id"
}

# make_kafka_archive: one run of a throw-away broker writes the archive of loaded classes that halves every later start.
make_kafka_archive() {
  local dir=$kafka_home/archive pid
  [ ! -f "$kafka_home/kafka.jsa" ] || return 0
  say "preparing Kafka's class archive (once per checkout)"
  rm -rf "$dir" && mkdir -p "$dir"
  kafka_properties 1 1 "$dir"
  kafka_format "$(kafka_cluster_id)" "$dir/server.properties"
  java "${jvm_flags[@]}" -XX:ArchiveClassesAtExit="$kafka_home/kafka.jsa.part" -cp "$(kafka_classpath)" kafka.Kafka "$dir/server.properties" >"$dir/out" 2>&1 &
  pid=$!
  await 60 "Kafka" kafka_node_ready_or_dead 1 "$pid" || true
  kill "$pid" 2>/dev/null || true
  wait "$pid" || true
  if [ -f "$kafka_home/kafka.jsa.part" ]; then mv "$kafka_home/kafka.jsa.part" "$kafka_home/kafka.jsa"; else warn "no class archive: Kafka will start a second later"; fi
  rm -rf "$dir/log"
}
kafka_node_ready_or_dead() { ! kill -0 "$2" 2>/dev/null || kafka_node_ready "$1"; }
kafka_node_ready() { kcat -b "127.0.0.1:$(kafka_port "$1")" -L -m 3 2>/dev/null | grep -q ' brokers:'; }

prepare_kafka() {
  if ! ensure_jars; then
    prepare_kafka_mock
    return
  fi
  rm -rf "$data_dir/kafka-mock"
  locked kafka-archive make_kafka_archive
  local i data id=
  for ((i = 1; i <= brokers; i++)); do
    data=$data_dir/kafka-$i
    mkdir -p "$data"
    kafka_properties "$i" "$brokers" "$data"
    if [ ! -f "$data/log/meta.properties" ]; then
      id=${id:-$(kafka_cluster_id)}
      kafka_format "$id" "$data/server.properties"
    fi
    write_unit "kafka-$i" <<END
cd "$data" || exit 1
exec java $(printf "'%s' " "${jvm_flags[@]}") $([ ! -f "$kafka_home/kafka.jsa" ] || printf "'-XX:SharedArchiveFile=%s'" "$kafka_home/kafka.jsa") \\
  -cp '$(kafka_classpath)' kafka.Kafka "$data/server.properties"
END
  done
}

# Where the jars cannot be had: librdkafka's mock cluster as a process of its own.
prepare_kafka_mock() {
  local data=$data_dir/kafka-mock reason
  reason=$(grep -m 1 -E 'ERROR|Could not|Unknown host' "$kafka_home/maven.log" 2>/dev/null | cut -c1-160 || true)
  warn "Apache Kafka's jars cannot be had (${reason:-see $kafka_home/maven.log}): librdkafka's MOCK CLUSTER stands in."
  warn "NOT PROVEN with it: messages survive a broker restart, replication and min ISR, retention, transactions and fencing, real group rebalances."
  [ -x "$bin_dir/souk-mock-kafka" ] || die "souk-mock-kafka is not built yet: ./souk build, then again"
  mkdir -p "$data"
  # Its port is a new one at every start.
  [ -n "$(unit_pid kafka-mock)" ] || rm -f "$data/bootstrap"
  write_unit kafka-mock <<END
cd "$data" || exit 1
exec "$bin_dir/souk-mock-kafka" --brokers $brokers --file "$root/deploy/kafka/topics.yaml" --bootstrap-file "$data/bootstrap"
END
}

kafka_mocked() { [ -d "$data_dir/kafka-mock" ]; }
kafka_units() {
  if kafka_mocked; then echo kafka-mock && return; fi
  local i
  for ((i = 1; i <= brokers; i++)); do echo "kafka-$i"; done
}
kafka_ready() {
  if kafka_mocked; then [ -s "$data_dir/kafka-mock/bootstrap" ] && return; fi
  local seen
  seen=$(kcat -b "$(kafka_brokers)" -L -m 3 2>/dev/null | sed -n 's/^ *\([0-9]*\) brokers:.*/\1/p')
  [ "${seen:-0}" -ge "$brokers" ]
}

# ---- All of them

engine_units() {
  ! sql_is_ours || echo sql
  ! redis_is_ours || printf 'redis-%s\n' 0 1 2 3 4 5
  ! kafka_is_ours || kafka_units
}

engine_ports() {
  local i
  ! sql_is_ours || echo "$(sql_port) PostgreSQL"
  if redis_is_ours; then for i in 0 1 2 3 4 5; do echo "$(redis_port "$i") Redis" && echo "$(($(redis_port "$i") + 100)) Redis's cluster bus"; done; fi
  if kafka_is_ours; then for ((i = 1; i <= brokers; i++)); do echo "$(kafka_port "$i") Kafka" && echo "$(($(kafka_port "$i") + 1)) Kafka's controller"; done; fi
}

# check_ports: before anything of this fleet runs. One line for the first port that is taken.
check_ports() {
  local port what listening_ports
  listening_ports=" $(awk '$4 == "0A" {sub(/^.*:/, "", $2); print $2}' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u | tr '\n' ' ') "
  while read -r port what; do
    [[ $listening_ports != *" $(printf '%04X' "$port") "* ]] || die "port $port ($what) is in use by another program: stop it, or choose other ports with --offset 5000"
  done < <(engine_ports && service_ports)
}

# in_parallel FUNCTION...: each in a subshell of its own; fails when one fails (it has said why).
in_parallel() {
  local step pid pids=() failed=0
  for step in "$@"; do
    ($step) &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  ((failed == 0)) || exit 1
}

sql_up() {
  units_up sql
  await 60 PostgreSQL sql_ready || die "PostgreSQL did not start: ./souk logs sql"
  say "PostgreSQL answers on port $(sql_port)"
}
redis_up() {
  units_up redis-0 redis-1 redis-2 redis-3 redis-4 redis-5
  await 30 "six Redis nodes" redis_nodes_ready || die "Redis did not start: ./souk logs redis-0"
  bootstrap_redis
  await 30 "the Redis Cluster" redis_ready || die "the Redis Cluster is not whole: ./souk redis cluster nodes"
  say "Redis Cluster answers on ports $(redis_port 0)-$(redis_port 5)"
}
kafka_up() {
  # shellcheck disable=SC2046
  units_up $(kafka_units)
  await 60 Kafka kafka_ready || die "Kafka did not start: ./souk logs kafka-1"
  say "Kafka answers at $(kafka_brokers)"
}

# engines_up: data folders, supervisor, processes, databases, cluster; returns when all answer.
engines_up() {
  local steps=() ups=()
  mkdir -p "$sv_dir" "$log_dir" "$data_dir" "$env_dir" "$state/stamps"
  chmod 700 "$env_dir"
  save_state
  if sql_is_ours; then steps+=(prepare_sql) ups+=(sql_up); fi
  if redis_is_ours; then steps+=(prepare_redis) ups+=(redis_up); fi
  if kafka_is_ours; then steps+=(prepare_kafka) ups+=(kafka_up); fi
  ((${#steps[@]} == 0)) || in_parallel "${steps[@]}"
  start_supervisor
  ((${#ups[@]} == 0)) || in_parallel "${ups[@]}"
  bootstrap_sql
}

# engine_command NAME start|stop|restart|kill9|status...: for tests of faults and for people. NAME may be a whole engine or a service.
engine_command() {
  local name=${1:-} verb=${2:-} list
  [ -n "$name" ] && [ -n "$verb" ] || usage_error "engine NAME start|stop|restart|kill9|pid; NAME is sql, kafka, kafka-1.., redis, redis-0..5 or a service"
  fleet_runs || die "nothing runs in $state: ./souk up first"
  case $name in
    kafka) mapfile -t list < <(kafka_units) ;;
    redis) list=(redis-{0..5}) ;;
    *) list=("$name") ;;
  esac
  for name in "${list[@]}"; do unit_exists "$name" || usage_error "there is no '$name'; there are: $(units | tr '\n' ' ')"; done
  case $verb in
    stop) units_down 30 "${list[@]}" ;;
    start) units_up "${list[@]}" && await_units "${list[@]}" ;;
    restart) units_down 30 "${list[@]}" && units_up "${list[@]}" && await_units "${list[@]}" ;;
    kill9) for name in "${list[@]}"; do unit_kill9 "$name"; done ;;
    pid) for name in "${list[@]}"; do unit_pid "$name"; done ;;
    wait) await_units "${list[@]}" ;;
    flush) for name in "${list[@]}"; do redis-cli -p "$(redis_port "${name#redis-}")" flushall >/dev/null || true; done ;;
    *) usage_error "'$verb' is not start, stop, restart, kill9, wait, flush or pid" ;;
  esac
}

# unit_ready NAME
unit_ready() {
  case $1 in
    sql) sql_ready ;;
    redis-*) redis_node_ready "${1#redis-}" ;;
    kafka-mock) kafka_ready ;;
    kafka-*) kafka_node_ready "${1#kafka-}" ;;
    *) service_ready "$1" ;;
  esac
}
await_units() {
  local name
  for name in "$@"; do await 60 "$name" unit_ready "$name" || die "$name is not ready after 60 s: ./souk logs $name"; done
}
