# shellcheck shell=bash
# Background processes that survive this shell, known by pid and birth: a pid alone may
# belong to somebody else after a crash or a reboot.

birth_of() {
  if [[ -d /proc/self ]]; then
    [[ -r /proc/$1/stat ]] || return 1
    # The command name in field 2 may hold spaces and parentheses.
    local stat
    stat=$(<"/proc/$1/stat") || return 1
    stat=${stat##*) }
    [[ ${stat:0:1} != Z ]] || return 1
    printf '%s %s\n' "$(</proc/sys/kernel/random/boot_id)" "$(cut -d' ' -f20 <<<"$stat")"
  else
    ps -o lstart= -p "$1"
  fi
}

is_running() {
  local pid birth
  [[ -s $state_dir/$1.process ]] || return 1
  { read -r pid && read -r birth; } <"$state_dir/$1.process" || return 1
  [[ $(birth_of "$pid" 2>/dev/null) == "$birth" ]]
}

start_process() {
  local name=$1
  shift
  local apart=nohup
  if command -v setsid >/dev/null; then apart=setsid; fi
  # 9 is the lock of up and down, which a daemon must not inherit; nor may it need this checkout: BuildKit starts git in its directory.
  (cd / && exec "$apart" "$@") >"$state_dir/$name.log" 2>&1 </dev/null 9>&- &
  local pid=$!
  printf '%s\n%s\n' "$pid" "$(birth_of "$pid")" >"$state_dir/$name.process"
}

stop_process() {
  local name=$1 pid signal tries
  if is_running "$name"; then
    read -r pid <"$state_dir/$name.process"
    for signal in TERM KILL; do
      # It may end by itself between the check and the signal.
      kill -s "$signal" "$pid" 2>/dev/null || break
      for ((tries = 0; tries < 100; tries++)); do
        is_running "$name" || break 2
        sleep 0.1
      done
    done
  fi
  rm -f "$state_dir/$name.process"
}

# until_ready <seconds> <name> <command…>: fails early when the process is gone.
until_ready() {
  local end=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! is_running "$name" || ((SECONDS >= end)); then
      tail -n 20 "$state_dir/$name.log" >&2
      fail "$name did not come up; its log is $state_dir/$name.log"
    fi
    sleep 0.1
  done
}

answers() {
  node -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(3000) }).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$1"
}

# The port of last time when it is free, so that names of refs stay the same between runs.
port_for() {
  local file=$state_dir/$1.port
  node -e '
    const listen = (port, orElse) => {
      const server = require("node:net").createServer()
      server.on("error", orElse)
      server.listen(port, "127.0.0.1", () => { console.log(server.address().port); server.close() })
    }
    listen(Number(process.argv[1]), () => listen(0, error => { throw error }))
  ' "$(cat "$file" 2>/dev/null || echo 0)" >"$file.new" && mv "$file.new" "$file"
  cat "$file"
}
