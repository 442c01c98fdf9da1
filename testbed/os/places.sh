# shellcheck shell=bash disable=SC2034
# Where the test bed keeps its things: all outside the repository, all of one user.

cache_home="${XDG_CACHE_HOME:-$HOME/.cache}/stage-cache-build"
package_dir="$cache_home/engine"
# TESTBED_NAME is for a second bed beside the first: who empties an engine disturbs whoever builds with it.
bed="testbed${TESTBED_NAME:+-$TESTBED_NAME}"
state_dir="$cache_home/$bed"
env_file="$cache_home/$bed.env"
own_socket="$state_dir/docker.sock"

say() { printf 'testbed: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
