# shellcheck shell=bash
# Debian's own packages, unpacked into a folder: the machine's packages stay as they are.

# The engine of Debian 13+1 runs with Debian 12's libc, but its runc does not.
new_packages=(docker.io docker-cli docker-buildx containerd docker-registry)
old_packages=(runc busybox-static tini)
new_suite=forky
old_suite=bookworm

can_unpack_packages() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null && command -v dpkg >/dev/null &&
    grep -q '^ID=debian' /etc/os-release 2>/dev/null
}

# One paragraph per suite, at the address this machine gets Debian itself from.
write_sources() {
  local address keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
  address=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
    awk -v codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")" \
      '($1 == codename || $1 == "stable") && $2 == "main" && !found { found = 1; print $3 }')
  [[ -n $address ]] || fail "this machine's apt sources name no Debian archive"
  for suite in "$new_suite" "$old_suite"; do
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$address" "$suite"
    [[ ! -r $keyring ]] || printf 'Signed-By: %s\n' "$keyring"
    printf '\n'
  done
}

apt_private() {
  local command=$1 apt=$2
  shift 2
  "$command" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root \
    -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::Languages=none "$@"
}

# Prints nothing when the folder is complete already.
unpack_packages() {
  local wanted="${new_packages[*]}/$new_suite ${old_packages[*]}/$old_suite"
  [[ $(cat "$package_dir/complete" 2>/dev/null) != "$wanted" ]] || return 0
  say "unpacking Debian's engine packages into $package_dir (once, about 85 MB)"
  local new=$package_dir.new deb
  rm -rf "$new" "$package_dir"
  mkdir -p "$new"/apt/{sources,lists/partial,cache/archives/partial} "$new"/debs "$new"/bin
  write_sources >"$new/apt/sources/testbed.sources"
  apt_private apt-get "$new/apt" -qq update >&2
  (cd "$new/debs" && apt_private apt-get "$new/apt" -qq download \
    "${new_packages[@]/%//$new_suite}" "${old_packages[@]/%//$old_suite}" >&2)
  for deb in "$new"/debs/*.deb; do dpkg -x "$deb" "$new/root"; done
  rm -rf "$new/apt" "$new/debs"
  link_programs "$new"
  printf '%s\n' "$wanted" >"$new/complete"
  mv "$new" "$package_dir"
}

link_programs() {
  local program
  for program in usr/bin/docker usr/sbin/dockerd usr/sbin/docker-proxy usr/bin/containerd \
    usr/bin/containerd-shim-runc-v2 usr/sbin/runc usr/bin/docker-registry bin/busybox \
    usr/libexec/docker/cli-plugins/docker-buildx; do
    [[ -x $1/root/$program ]] || fail "the packages hold no $program"
    ln -s "../root/$program" "$1/bin/${program##*/}"
  done
  ln -s ../root/usr/bin/tini-static "$1/bin/docker-init"
  for program in docker dockerd containerd runc; do
    "$1/bin/$program" --version >/dev/null || fail "$program of the packages does not run on this machine"
  done
}
