# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts that run on the host: messages, host tools, the cache of
# images, and entering an image.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TREE=$(cd "$VM_DIR/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/dgem
export VM_DIR TREE CACHE

# The architecture of images and machines; scripts that run in images source its
# file by this name, too.
export DGEM_ARCH=x86-64
# shellcheck source=igt-tests/vm/arch/x86-64
. "$VM_DIR/arch/$DGEM_ARCH"
# Images are of this one, even when machines are of another.
IMAGE_ARCH=$ARCH_DEBIAN IMAGE_ARCH32=$ARCH_DEBIAN32

# Part of every cache key: raise it when what an image holds changes without
# a change of its package list.
IMAGE_FORMAT=1

say()
{
	printf 'vm: %s\n' "$*" >&2
}

# Exit status 1 is a failure of what was asked; 2 means that it could not be
# tried, because of the host.
die()
{
	printf 'vm: error: %s\n' "$*" >&2
	exit 1
}

refuse()
{
	printf 'vm: %s\n' "$*" >&2
	exit 2
}

is_root()
{
	[ "$(id -u)" = 0 ]
}

# apt-get as root or by a sudo that needs no password; fails where neither works.
host_apt()
{
	local sudo=()

	command -v apt-get >/dev/null || return 1
	is_root || sudo=(sudo -n)
	[ ${#sudo[@]} = 0 ] || sudo -n true 2>/dev/null || return 1
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# need_tools COMMAND:PACKAGE:PURPOSE...
# Installs what is missing, or exits with the command that the user has to type.
need_tools()
{
	local spec cmd pkg why pkgs=() whys=()

	for spec; do
		IFS=: read -r cmd pkg why <<<"$spec"
		PATH=$PATH:/usr/sbin:/sbin command -v "$cmd" >/dev/null && continue
		pkgs+=("$pkg")
		whys+=("$pkg ($why)")
	done
	[ ${#pkgs[@]} = 0 ] && return

	local list
	list=$(printf ', %s' "${whys[@]}")
	list=${list:2}
	if is_root || sudo -n true 2>/dev/null; then
		say "this host lacks $list: installing"
		host_apt install -y --no-install-recommends "${pkgs[@]}" ||
			{ host_apt update && host_apt install -y \
				--no-install-recommends "${pkgs[@]}"; } ||
			refuse "could not install $list; apt-get's reason is above"
		return
	fi
	refuse "this host lacks $list; type: sudo apt-get install ${pkgs[*]}"
}

# An ordinary user enters images as root of a user namespace of his own, which
# needs a range of subordinate ids.
need_namespaces()
{
	is_root && return
	need_tools "newuidmap:uidmap:lets ordinary users unpack images"
	if ! grep -qs "^$(id -un):" /etc/subuid ||
	   ! grep -qs "^$(id -un):" /etc/subgid; then
		refuse "$(id -un) has no subordinate ids, which images need;" \
			"type: sudo usermod --add-subuids 200000-265535" \
			"--add-subgids 200000-265535 $(id -un)"
	fi
	unshare --map-root-user --map-auto true 2>/dev/null ||
		refuse "this host keeps ordinary users from making user" \
			"namespaces, which images need; type the same command" \
			"with sudo in front"
}

# need_host IMAGE...: asks at once, and before anything is made, for all tools of the
# host that images and virtual machines need.
need_host()
{
	local name specs=()

	for name; do
		[ -e "$(image_dir "$name")/release" ] || {
			specs+=("mmdebstrap:mmdebstrap:makes the images")
			break
		}
	done
	specs+=("$ARCH_QEMU:$ARCH_QEMU_PACKAGE:runs the virtual machines")
	is_root || specs+=("newuidmap:uidmap:lets ordinary users unpack images")
	need_tools "${specs[@]}"
	need_namespaces
}

# The packages of image NAME, one a line. A list has @ARCH@ and @ARCH32@ where
# Debian has its names of the architecture and of its 32-bit programs.
image_packages()
{
	sed -E -e 's/#.*//' -e '/^(suite|arch|unpack) /d' -e 's/[[:space:]]//g' \
		-e '/^$/d' \
		-e "s/@ARCH@/$IMAGE_ARCH/" -e "s/@ARCH32@/$IMAGE_ARCH32/" \
		"$VM_DIR/image/$1.image"
}

# The suite of image NAME, and "security" if it takes its security updates too.
image_suite()
{
	sed -n 's/^suite //p' "$VM_DIR/image/$1.image"
}

# What image NAME says of WORD: "arch", the architecture of an image whose packages
# are unpacked only, for this host runs none of them; "unpack", one line each,
# packages to unpack beside those that are installed.
image_word()
{
	sed -n "s/^$2 //p" "$VM_DIR/image/$1.image"
}

# The directory that holds image NAME, whether or not it exists yet.
image_dir()
{
	local key

	[ -f "$VM_DIR/image/$1.image" ] || die "there is no image called '$1'"
	key=$({ echo "$IMAGE_FORMAT $(image_suite "$1")"
		image_packages "$1" | sort
		image_word "$1" arch
		image_word "$1" unpack; } | sha256sum | cut -c1-12)
	printf '%s/%s-%s\n' "$CACHE" "$1" "$key"
}

# The kernels that are tested: name, file in arch/ of its machine, image, and what
# Debian calls it where the image has several. "riscv64" is only built for.
kernels()
{
	cat <<-'END'
		lts         x86-64     stable
		next        x86-64     testing
		rt          x86-64     rt
		arm64       arm64      cross  arm64
		arm64-16k   arm64-16k  cross  arm64-16k
		armhf       armhf      cross  armmp
		armhf-lpae  armhf      cross  armmp-lpae
		riscv64     riscv64    cross  riscv64
	END
}

# kernel_of NAME: the rest of its line above
kernel_of()
{
	kernels | awk -v name="$1" '$1 == name { print $2, $3, $4; found = 1 }
		END { exit !found }'
}

# use_arch FILE: machines are those of another architecture from now on
use_arch()
{
	DGEM_ARCH=$1
	# shellcheck source=igt-tests/vm/arch/x86-64
	. "$VM_DIR/arch/$DGEM_ARCH"
}

# enter ROOT [--bind HOST GUEST]... -- CMD...
# CMD as root in ROOT, which it sees read-only, with the tree at /dgem.
enter()
{
	local root=$1 map=()

	shift
	is_root || map=(--map-root-user --map-auto)
	unshare "${map[@]}" --mount --propagation private --pid --fork \
		--kill-child --ipc \
		bash "$VM_DIR/host/enter" "$root" --bind "$TREE" /dgem "$@"
}

elapsed()
{
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# counts_of LOG: the numbers of its last "N passed, N failed, N skipped", which is
# how all that tests something ends; nothing if there is none.
counts_of()
{
	tr -d '\r' <"$1" | sed -nE \
		's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' |
		tail -n 1
}

# took VERB STAGE SECONDS: records how long a stage took that passed
took()
{
	mkdir -p "$CACHE/took/$1"
	echo "$3" >"$CACHE/took/$1/$2.$$"
	mv "$CACHE/took/$1/$2.$$" "$CACHE/took/$1/$2"
}

# last_time VERB STAGE: prints how long it took then, to be shown when it begins
last_time()
{
	local seconds

	seconds=$(cat "$CACHE/took/$1/$2" 2>/dev/null || :)
	[ -z "$seconds" ] || printf ' (%s last time)' "$(elapsed "$seconds")"
}
