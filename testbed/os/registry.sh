# shellcheck shell=bash
# A registry on 127.0.0.1: Debian's docker-registry, else a registry:2 container of the engine there is.

start_own_registry() {
  mkdir -p "$state_dir/registry"
  if is_running registry && answers "http://127.0.0.1:$registry_port/v2/"; then return 0; fi
  stop_process registry
  write_registry_config >"$state_dir/registry.yml"
  start_process registry "$package_dir/bin/docker-registry" serve "$state_dir/registry.yml"
  until_ready 30 registry answers "http://127.0.0.1:$registry_port/v2/"
}

write_registry_config() {
  cat <<YAML
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: "$state_dir/registry" }
  delete: { enabled: true }
http: { addr: "127.0.0.1:$registry_port" }
YAML
}

start_registry_container() {
  local file=$state_dir/registry.container id
  if [[ -s $file ]] && registry_port=$(container_port "$(<"$file")") && answers "http://127.0.0.1:$registry_port/v2/"; then
    return 0
  fi
  stop_registry_container
  id=$(timeout 180 docker run -d -p 127.0.0.1:0:5000 -e REGISTRY_STORAGE_DELETE_ENABLED=true registry:2)
  printf '%s\n' "$id" >"$file"
  registry_port=$(container_port "$id")
  local end=$((SECONDS + 30))
  until answers "http://127.0.0.1:$registry_port/v2/"; do
    ((SECONDS < end)) || fail "the registry container does not answer"
    sleep 0.2
  done
}

container_port() { timeout 20 docker port "$1" 5000/tcp 2>/dev/null | sed -n '1s/.*://p' | grep .; }

stop_registry_container() {
  local file=$state_dir/registry.container
  [[ -s $file ]] || return 0
  timeout 60 docker rm -f -v "$(<"$file")" >/dev/null 2>&1 || say "the registry container was gone already"
  rm -f "$file"
}
