# shellcheck shell=bash disable=SC2034
# Where the test bed keeps its things: all outside the repository, all of one user.

cache_home="${XDG_CACHE_HOME:-$HOME/.cache}/stage-cache-build"
package_dir="$cache_home/engine"
state_dir="$cache_home/testbed"
env_file="$cache_home/testbed.env"
own_socket="$state_dir/docker.sock"

say() { printf 'testbed: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
