# What operators do: stuck orders, dead letters, reading again, reconciliation. Each decision is kept with who and why.
# shellcheck shell=bash

# ask METHOD URL [JSON]: the answer's body on stdout; a problem document becomes one clear line and exit code 1.
ask() {
  local body status
  local options=(-sS -m 30 -X "$1" -w '\n%{http_code}')
  (($# < 3)) || options+=(-H 'Content-Type: application/json' -H "Idempotency-Key: $(random_secret)" -d "$3")
  body=$(curl "${options[@]}" "$2" 2>&1) || die "${2%%/v1*} does not answer: $(tail -n 1 <<<"$body") (./souk status)"
  status=${body##*$'\n'}
  body=${body%$'\n'*}
  [[ $status == 2* ]] || die "$(jq -r '[.detail // .title, (.errors // [] | .[] | "\(.field): \(.description // .detail // "")")] | map(select(. != null)) | join("; ")' <<<"$body" 2>/dev/null || echo "$body") ($status)"
  printf '%s\n' "$body"
}

recover_usage='recover list [--all|--quarantined|--resolved] [--json] | explain ORDER | retry ORDER --as WHO [--note TEXT] | resolve ORDER --cancel|--by-hand --as WHO --note TEXT'

recover_command() {
  need_fleet
  local verb=${1:-list} order='' who='' note='' filter=stuck json=0 resolution='' url body
  shift || true
  while (($#)); do
    case $1 in
      --as) who=${2:-} && shift ;;
      --note) note=${2:-} && shift ;;
      --all) filter=all ;;
      --quarantined) filter=quarantined ;;
      --resolved) filter=resolved ;;
      --json) json=1 ;;
      --cancel) resolution=RESOLUTION_CANCEL ;;
      --by-hand) resolution=RESOLUTION_MARK_RESOLVED ;;
      -*) usage_error "$recover_usage" ;;
      *) order=$1 ;;
    esac
    shift
  done
  url=$(http_url order-recovery)/v1/recovery/orders
  case $verb in
    list) recover_list "$url" "$filter" "$json" ;;
    explain)
      [ -n "$order" ] || usage_error "$recover_usage"
      body=$(ask GET "$url/$order") || exit 1
      if ((json)); then jq . <<<"$body"; else jq -r '.explanation, (.decisions[]? | "decided \(.at) by \(.who): \(.action) (\(.note)): \(.outcome)")' <<<"$body"; fi
      ;;
    retry)
      [[ -n $order && -n $who ]] || usage_error "$recover_usage"
      body=$(ask POST "$url/$order:retry" "$(jq -n --arg who "$who" --arg note "$note" '{who: $who, note: $note}')") || exit 1
      jq -r '"\(.order.orderId): \(.outcome)"' <<<"$body"
      ;;
    resolve)
      [[ -n $order && -n $who && -n $note && -n $resolution ]] || usage_error "$recover_usage"
      body=$(ask POST "$url/$order:resolve" "$(jq -n --arg who "$who" --arg note "$note" --arg r "$resolution" '{who: $who, note: $note, resolution: $r}')") || exit 1
      jq -r '"\(.order.orderId): \(.outcome)"' <<<"$body"
      ;;
    *) usage_error "$recover_usage" ;;
  esac
}

# recover_list URL FILTER JSON: every page.
recover_list() {
  local token='' body count=0
  while :; do
    body=$(ask GET "$1?filter=$2&page.page_size=200${token:+&page.page_token=$token}") || exit 1
    if (($3)); then
      jq -c '.orders[]' <<<"$body"
    else
      jq -r '.orders[] | [.orderId, (.state | sub("WATCH_STATE_"; "")), .phase, "since \(.since[:19])", (if .lastOutcome == "" then "not tried yet" else .lastOutcome end)] | join("  ")' <<<"$body"
    fi
    count=$((count + $(jq '.orders | length' <<<"$body")))
    token=$(jq -r '.page.nextPageToken // empty' <<<"$body")
    [ -n "$token" ] || break
  done
  (($3)) || echo "$count orders ($2)"
}

dlq_command() {
  need_fleet
  local verb=${1:-list}
  case $verb in list | show | redrive | drop) ;; *) usage_error 'dlq list|show|redrive|drop [--group G] [--topic T] [--key K] [--reason TEXT] [ID...]; redrive and drop: --as WHO --note TEXT [--dry-run]' ;; esac
  shift || true
  "$bin_dir/souk-dlq" "$verb" --brokers "$(kafka_brokers)" "$@"
}

# groups_of TOPIC: the groups declared for it that are services of this fleet.
groups_of() {
  awk -v topic="$1" '$1 == "-" && $2 == "name:" {inside = ($3 == topic)}
    inside && $1 == "groups:" {gsub(/[][,]/, " "); for (i = 2; i <= NF; ++i) if ($i !~ /^gateway/) print $i}' "$root/deploy/kafka/topics.yaml"
}

# replay: the group stops (its records wait in Kafka), its offsets are set, it goes on. Nobody else sees a record twice, and each key keeps its order.
replay_command() {
  need_fleet
  local topic='' from='' groups=() group service dry=() name list
  while (($#)); do
    case $1 in
      --topic) topic=${2:-} && shift ;;
      --from) from=${2:-} && shift ;;
      --group) groups+=("${2:-}") && shift ;;
      --dry-run) dry=(--dry-run) ;;
      *) usage_error 'replay --topic T --from BEGINNING|TIME|OFFSET [--group G] [--dry-run]' ;;
    esac
    shift
  done
  [[ -n $topic && -n $from ]] || usage_error 'replay --topic T --from BEGINNING|TIME|OFFSET [--group G] [--dry-run]'
  ((${#groups[@]})) || mapfile -t groups < <(groups_of "$topic")
  ((${#groups[@]})) || usage_error "no group is declared for topic '$topic' in deploy/kafka/topics.yaml"
  for group in "${groups[@]}"; do
    [[ " $(groups_of "$topic" | tr '\n' ' ') " == *" $group "* ]] || usage_error "group '$group' does not read '$topic'; these do: $(groups_of "$topic" | tr '\n' ' ')"
    service=${group%%.*}
    list=()
    for name in $(units); do [[ $(base_name "$name") != "$service" ]] || list+=("$name"); done
    if ((${#dry[@]} == 0)); then units_down 20 "${list[@]}"; fi
    # A member that has just left may still be counted for a moment.
    await 20 "the end of group $group's members" reset_group "$topic" "$group" "$from" "${dry[@]}" || {
      units_up "${list[@]}"
      die "the offsets of $group could not be set: $(cat "$state/replay.log")"
    }
    cat "$state/replay.log"
    if ((${#dry[@]} == 0)); then
      units_up "${list[@]}"
      for name in "${list[@]}"; do await 60 "$name" service_ready "$name" || die "$name is not ready after 60 s: $(what_is_missing "$name")"; done
    fi
  done
}
reset_group() { "$bin_dir/souk-dlq" replay --brokers "$(kafka_brokers)" --topic "$1" --group "$2" --from "$3" "${@:4}" >"$state/replay.log" 2>&1; }

reconcile_usage='reconcile [--since TIME] [--json] | reconcile list [--all] [--json] | reconcile accept FINDING --as WHO --note TEXT'

reconcile_command() {
  need_fleet
  local verb=run since='' finding='' who='' note='' all=false json=0 url body
  case ${1:-} in list | accept) verb=$1 && shift ;; esac
  while (($#)); do
    case $1 in
      --since) since=${2:-} && shift ;;
      --as) who=${2:-} && shift ;;
      --note) note=${2:-} && shift ;;
      --all) all=true ;;
      --json) json=1 ;;
      -*) usage_error "$reconcile_usage" ;;
      *) finding=$1 ;;
    esac
    shift
  done
  url=$(http_url payments)/v1/payments
  case $verb in
    run)
      body=$(ask POST "$url:reconcile" "$(jq -n --arg since "$since" 'if $since == "" then {} else {since: $since} end')") || exit 1
      if ((json)); then jq . <<<"$body"; else
        jq -r '(.differences[]? | "\(.findingId)  \(.kind)  payment \(.paymentId)  provider \(.providerId)  ours \(.ours)  theirs \(.theirs)  \(.resolution): \(.reason)"), "\(.compared) compared, \(.differences | length) differ"' <<<"$body"
      fi
      ;;
    list)
      body=$(ask GET "$url:findings?all=$all") || exit 1
      if ((json)); then jq . <<<"$body"; else
        jq -r '(.findings[]? | .difference as $d | "\($d.findingId)  \($d.kind)  payment \($d.paymentId)  provider \($d.providerId)  ours \($d.ours)  theirs \($d.theirs)  \($d.resolution): \($d.reason)  since \(.firstSeen[:19])\(if .decidedBy == "" then "" else "  accepted by \(.decidedBy): \(.note)" end)"), "\(.findings | length) findings"' <<<"$body"
      fi
      ;;
    accept)
      [[ -n $finding && -n $who && -n $note ]] || usage_error "$reconcile_usage"
      body=$(ask POST "$url:acceptFinding" "$(jq -n --arg id "$finding" --arg who "$who" --arg note "$note" '{findingId: $id, who: $who, note: $note}')") || exit 1
      jq -r '"\(.finding.difference.findingId): accepted by \(.finding.decidedBy)"' <<<"$body"
      ;;
  esac
}
