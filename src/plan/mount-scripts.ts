/**
 * What runs in the builder to fill and to read a cache mount: for any POSIX shell, with the tar of busybox or GNU. Neither script ever
 * fails: what became of it is in `status`, so that one mount costs no other.
 */

/** Where scripts find the mount, the archive, what a mount with `from` starts from, and the directory for what they leave. */
export const mountPlaces = {
  mount: '/.stage-cache-build/mount',
  archive: '/.stage-cache-build/archive.tar',
  base: '/.stage-cache-build/base',
  out: '/.stage-cache-build/out'
} as const

/** Directory in an archive with the names of symbolic links by their owner: busybox's tar leaves owners of links alone. */
const linkOwners = '.stage-cache-build-links'

const begin = `export LC_ALL=C; out=${mountPlaces.out}; mkdir -p $out; cd ${mountPlaces.mount} || exit 0
command -v tar >/dev/null 2>&1 || { echo no-tar >$out/status; exit 0; }
empty() { for e in * .[!.]* ..?*; do if [ -e "$e" ] || [ -L "$e" ]; then return 1; fi; done; }
digests() {
  command -v find >/dev/null && command -v stat >/dev/null && command -v sha256sum >/dev/null &&
  [ "$(printf 'b\\0a\\0' | sort -z 2>/dev/null | xargs -0 -r printf %s 2>/dev/null)" = ab ]
}
digest() { (cd "$1" && { find . ! -type s -print0 | sort -z | xargs -0 -r stat -c '%f %u %g %N'
  find . -type f -print0 | sort -z | xargs -0 -r sha256sum; } 2>/dev/null | sha256sum) | { read -r hex _; echo "$hex"; }; }
`

/**
 * Unpacks the archive into a new mount. Arguments: a text of this job's own, and for a mount with `from` the digest of what it started
 * from when it was packed. It is unpacked into a directory within the mount and moved
 * from there, so that a job that is killed leaves no half file under its name; what such a job left is cleared away.
 * Status: `restored`, `kept` where the mount held something of its own, `other-base` where it starts from something else now, `failed` with
 * what tar said in `said`, `no-tar`.
 */
export const fillScript = `${begin}rm -rf .stage-cache-build-*
if [ -z "$2" ]; then
  empty || { echo kept >$out/status; exit 0; }
else
  digests || { echo no-tar >$out/status; exit 0; }
  base=$(digest ${mountPlaces.base})
  [ "$(digest .)" = "$base" ] || { echo kept >$out/status; exit 0; }
  [ "$base" = "$2" ] || { echo other-base >$out/status; exit 0; }
fi
own=.stage-cache-build-$1
take() {
  for e in * .[!.]* ..?*; do if [ "$e" != $own ]; then rm -rf -- "$e" || return 1; fi; done
  n=0; set --
  for e in $own/* $own/.[!.]* $own/..?*; do
    if [ -e "$e" ] || [ -L "$e" ]; then set -- "$@" "$e"; n=$((n+1)); fi
    if [ $n -ge 500 ]; then mv -- "$@" . || return 1; n=0; set --; fi
  done
  if [ $n -gt 0 ]; then mv -- "$@" . || return 1; fi
  chown "$(stat -c %u:%g $own)" . && chmod "$(stat -c %a $own)" . && touch -r $own . && rmdir $own
}
links() {
  for e in $own/${linkOwners}/*; do
    if [ -f "$e" ]; then (cd $own && xargs -0 -r chown -h "\${e##*/}" <"${linkOwners}/\${e##*/}") || return 1; fi
  done
  rm -rf $own/${linkOwners}
}
if said=$({ mkdir $own && tar --numeric-owner -xpf ${mountPlaces.archive} -C $own && links && take; } 2>&1); then
  echo restored >$out/status
else
  rm -rf $own; echo failed >$out/status; printf '%s\\n' "$said" >$out/said
fi
exit 0`

/**
 * Packs the mount. Arguments: the most bytes the archive may have, the digest of the content that is saved already, if any, a text of this
 * job's own, and `based` for a mount with `from`: the digest of what it starts from follows that of its content, and it is empty while it is as that.
 * The digest in `digest` is of what a step can tell apart: names, kinds, owners, modes, targets of links, and contents, not times, which
 * package managers change without changing anything. Where the image lacks the tools for it, it is left out.
 * The archive is cut off by a limit of its file's size, in blocks of 512 bytes (POSIX): busybox's head and wc read byte by byte.
 * Sockets are left out by tar itself, and GNU's keeps the holes of sparse files.
 * Status: `saved` with `archive.tar`, `unchanged`, `empty`, `too-large`, `failed` with what tar said in `said`, `no-tar`.
 */
export const packScript = `${begin}if empty; then echo empty >$out/status; exit 0; fi
digest=
if digests; then
  digest=$(digest .)
  if [ "$4" = based ]; then
    base=$(digest ${mountPlaces.base})
    if [ "$digest" = "$base" ]; then echo empty >$out/status; exit 0; fi
    digest=$digest-$base
  fi
  echo "$digest" >$out/digest
  if [ "$digest" = "$2" ]; then echo unchanged >$out/status; exit 0; fi
elif [ "$4" = based ]; then echo no-tar >$out/status; exit 0
fi
set -- "$1"
if tar --version 2>/dev/null | grep -q GNU; then set -- "$1" --format=gnu -S
elif [ -n "$digest" ] && [ -n "$(find . -type l 2>/dev/null | head -n 1)" ]; then
  rm -rf ${linkOwners}; mkdir ${linkOwners}
  find . -type l -print0 | xargs -0 -r stat -c '%u %g' | sort -u | while read -r user group; do
    find . -type l -user "$user" -group "$group" -print0 >"${linkOwners}/$user:$group"
  done
fi
most=$1; shift
said=$( (ulimit -f $((most/512+2)); exec tar --numeric-owner "$@" -cf $out/archive.tar .) 2>&1)
code=$?
rm -rf ${linkOwners}
size=$(stat -c %s $out/archive.tar 2>/dev/null || wc -c <$out/archive.tar); size=$((size))
if [ $size -gt "$most" ]; then echo too-large >$out/status; rm -f $out/archive.tar
elif [ $code = 0 ] && [ $size -gt 0 ]; then echo saved >$out/status
else rm -f $out/archive.tar; echo failed >$out/status; printf '%s\\n' "$said" >$out/said
fi
exit 0`
