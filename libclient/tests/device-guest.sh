#!/bin/sh
# SPDX-License-Identifier: MIT
# device-guest.sh: the library, the examples and the tool on the real driver, as
# root in a virtual machine. Prints a line per test and ends with the counts.
# Runs where libclient was built, from lib-tests/.
#
#   DGEM_KO       the module (../../$DGEM_KERNEL/dgem.ko)
#   DGEM_PARAMS   its parameters
set -u

here=$(cd "$(dirname "$0")" && pwd)
user=$here/..
ko=${DGEM_KO:-$here/../../${DGEM_KERNEL:-lts}/dgem.ko}
dgem=$user/bin/dgem

if [ ! -d /sys/module/dgem ]; then
	[ -f "$ko" ] || { echo "device-guest.sh: there is no module $ko" >&2; exit 2; }
	for module in $(modinfo -F depends "$ko" | tr , ' '); do
		modprobe "$module" || exit 2
	done
	# shellcheck disable=SC2086 # a list
	insmod "$ko" ${DGEM_PARAMS-} || exit 2
fi
# Other drivers for device-import.c and device-access.c.
modprobe vgem && modprobe vivid n_devs=1 node_types=0x101 || exit 2

node=$("$dgem" info | head -n 1)
export DGEM="$dgem" USER_BUILD="$user" NODE="$node"
exec "$here/run-tests" "$here/device" "$here/check-device"
