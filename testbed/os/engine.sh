# shellcheck shell=bash
# The Docker engine: the one there is, else our own from the unpacked packages.

# TESTBED_ENGINE=own takes our own even when there is another.
has_engine() {
  [[ ${TESTBED_ENGINE:-} != own ]] &&
    timeout 20 docker info >/dev/null 2>&1 && timeout 20 docker buildx version >/dev/null 2>&1
}

image_store() {
  if timeout 20 docker info --format '{{json .DriverStatus}}' | grep -q io.containerd.snapshotter; then
    echo containerd
  else
    echo graphdriver
  fi
}

# TESTBED_IN_MEMORY=yes, for an engine that only runs tests: a build waits for the disk hundreds of times, since the engine's databases sync
# each change. What is lost when it stops is its cache.
keep_in_memory() {
  [[ ${TESTBED_IN_MEMORY:-} == yes ]] || return 0
  local available
  available=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  ((available >= 4)) || return 0
  rm -rf "$1"
  mkdir -p "$1"
  mount -t tmpfs -o mode=710 tmpfs "$1" || say "no tmpfs here: the engine keeps its data on disk"
}

own_docker() { timeout 20 "$package_dir/bin/docker" -H "unix://$own_socket" "$@"; }

start_own_engine() {
  mkdir -p "$state_dir/docker-config/cli-plugins"
  ln -sf "$package_dir/bin/docker-buildx" "$state_dir/docker-config/cli-plugins/docker-buildx"
  write_daemon_config >"$state_dir/daemon.json.new"
  if is_running dockerd && cmp -s "$state_dir/daemon.json.new" "$state_dir/daemon.json" && own_docker info >/dev/null 2>&1; then
    return 0
  fi
  stop_own_engine
  mv "$state_dir/daemon.json.new" "$state_dir/daemon.json"
  keep_in_memory "$state_dir/data"
  PATH="$package_dir/bin:$PATH" start_process dockerd "$package_dir/bin/dockerd" --config-file "$state_dir/daemon.json"
  until_ready 60 dockerd own_docker info
}

# Garbage collection is off: a record that vanishes between two builds of a test would make it fail at random.
# No iptables: steps need no network, and the machine's firewall stays as it is.
write_daemon_config() {
  cat <<JSON
{
  "features": { "containerd-snapshotter": true },
  "data-root": "$state_dir/data",
  "exec-root": "$state_dir/exec",
  "pidfile": "$state_dir/docker.pid",
  "hosts": ["unix://$own_socket"],
  "registry-mirrors": ["http://127.0.0.1:$registry_port"],
  "builder": { "gc": { "enabled": false } },
  "iptables": false,
  "ip6tables": false,
  "ip-masq": false
}
JSON
}

# A killed dockerd leaves its containerd, mounts, socket and pid file behind.
stop_own_engine() {
  stop_process dockerd
  local pid mounted
  for pid in /proc/[0-9]*; do
    if [[ $(tr '\0' ' ' 2>/dev/null <"$pid/cmdline") == *containerd*" $state_dir/exec/"* ]]; then
      # It may be gone by now, which is what is wanted.
      kill -KILL "${pid#/proc/}" 2>/dev/null || continue
    fi
  done
  while read -r _ mounted _; do
    if [[ $mounted == "$state_dir/"* ]]; then umount -l "$mounted"; fi
  done < <(tac /proc/mounts)
  rm -rf "$state_dir/exec" "$state_dir/docker.pid" "$own_socket"
}
