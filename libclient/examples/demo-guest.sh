#!/bin/sh
# SPDX-License-Identifier: MIT
# demo-guest.sh: runs the demo in a virtual machine, as root. vivid, a camera
# driver without a camera, fills BOs of dgem, and a second process looks at them and
# shows them on a screen.
#
# Leaves frame.png, screen.xr24, curtain.xr24 and summary.txt in $DGEM_OUT. Exit status 0:
# everything is as it should be; 1: it is not; 2: the machine has not what the demo needs.
#
#   FRAMES     frames of each run (60)
#   COPY       1: what is to be shown on the screen is copied, which must be found out
#   PHOTOGRAPH a command that takes a photograph of the screen, of the name that follows
#   DGEM_USER  where libclient was built (../../build/user)
#   DGEM_KO    the module (../../build/$DGEM_KERNEL/dgem.ko)
set -u

here=$(cd "$(dirname "$0")" && pwd)
user=${DGEM_USER:-$here/../../build/user}
ko=${DGEM_KO:-$here/../../build/${DGEM_KERNEL:-lts}/dgem.ko}
frames=${FRAMES:-60}
photograph=${PHOTOGRAPH:?takes a photograph of the screen}
out=${DGEM_OUT:?is where the results go}
socket=/tmp/dgem-demo.$$
summary=$out/summary.txt
sender=camera
[ "${COPY:-0}" = 0 ] || sender=camera-copy
failed=0 runs=0 card=
: >"$summary"

say()
{
	echo "$*" | tee -a "$summary"
}

need()
{
	echo "demo: $*" >&2
	exit 2
}

load_dgem()
{
	[ -d /sys/module/dgem ] && return
	[ -f "$ko" ] || need "there is no module $ko"
	for module in $(modinfo -F depends "$ko" | tr , ' '); do
		modprobe "$module" || need "cannot load $module, which dgem needs"
	done
	insmod "$ko" || need "cannot load $ko"
}

# load_vivid ALLOCATORS: one capture device, with this way to import dma-bufs
load_vivid()
{
	if [ -d /sys/module/vivid ]; then
		rmmod vivid || need "cannot unload vivid"
	fi
	modprobe vivid node_types=0x1 allocators="$1" ||
		need "cannot load vivid with allocators=$1"
}

# The screen: the card that is a PCI device, whatever its driver is called
find_card()
{
	modprobe cirrus-qemu 2>/dev/null || modprobe cirrus 2>/dev/null
	for card in /sys/bus/pci/devices/*/drm/card*; do
		[ -d "$card" ] || need "there is no screen"
		card=/dev/dri/${card##*/}
		return
	done
}

# view PICTURE: the viewer, with the screen if there is one
view()
{
	if [ -n "$card" ]; then
		set -- "$1" -c "$card" -x "$photograph screen"
	fi
	exec "$user/examples/viewer" -s "$socket" -o "$@"
}

# run CAMERA PICTURE [OPTION...]: a camera and a viewer; the camera's status
run()
{
	program=$1 picture=$2
	shift 2
	"$user/examples/$program" -s "$socket" -n "$frames" "$@" >"$out/camera.log" 2>&1 &
	pid=$!
	view "$picture" >"$out/viewer.log" 2>&1 &
	viewer=$!
	wait $pid
	status=$?
	# A camera that gave up early leaves a viewer that waits for it.
	[ $status -eq 0 ] || [ $status -eq 3 ] || kill $viewer 2>/dev/null
	wait $viewer
	viewer_status=$?
	cat "$out/camera.log" "$out/viewer.log" | tee -a "$summary"
	rm -f "$out/camera.log" "$out/viewer.log" "$socket"
}

# expect STATUS VIEWER-STATUS WHAT
expect()
{
	runs=$((runs + 1))
	if [ "$status" -eq "$1" ] && [ "$viewer_status" -eq "$2" ]; then
		say "ok: $3"
	else
		say "FAIL: $3: the camera ended with $status instead of $1," \
			"the viewer with $viewer_status instead of $2"
		failed=$((failed + 1))
	fi
}

# The example shows the frame that was the last one, and then draws over its upper half,
# in place.
expect_curtain()
{
	runs=$((runs + 1))
	half=$(($(wc -c <"$out/screen.xr24") / 2))
	{ head -c $half /dev/zero; tail -c $half "$out/screen.xr24"; } >"$out/curtain.xr24"
	mkfifo "$socket"
	"$user/examples/display" "$card" "$out/screen.xr24" <"$socket" >"$out/display.log" 2>&1 &
	pid=$!
	exec 3<>"$socket"
	echo >&3
	tries=0
	until grep -q 'curtain' "$out/display.log" || [ $tries -ge 300 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	$photograph curtain
	status=$?
	exec 3>&-
	wait $pid || status=$?
	if [ $status -eq 0 ]; then
		say "ok: what is drawn in place can be shown again"
	else
		say "FAIL: the curtain: status $status: $(cat "$out/display.log")"
		failed=$((failed + 1))
	fi
	rm -f "$out/display.log" "$socket"
}

# Nothing of the run may be left: BOs that live would keep the module.
expect_unloads()
{
	runs=$((runs + 1))
	rmmod vivid
	if rmmod dgem; then
		say "ok: nothing is left, dgem can be unloaded"
	else
		say "FAIL: dgem cannot be unloaded after the demo"
		failed=$((failed + 1))
	fi
}

load_dgem
say "== vivid with allocators=0 (vmalloc), which writes through dma_buf_vmap"
load_vivid 0
run camera "$out/frame.png"
expect 0 0 "frames go from vivid to the viewer without a copy"
if [ "$(head -c 4 "$out/frame.png" | od -An -c | tr -d ' ')" != '211PNG' ]; then
	say "FAIL: $out/frame.png is no PNG"
	failed=$((failed + 1))
fi

say "== the same with copies, which the proof must find"
run camera-copy "$out/frame-copy.png"
expect 3 0 "copied frames look the same and fail the proof"

say "== vivid with allocators=1 (dma-contig), which attaches and maps"
load_vivid 1
# It wants one segment: in the pinned heap a whole chunk is one if memory allows.
run camera "$out/frame-contig.png" -H pinned -S 2097152 -p 100
if [ $status -eq 6 ]; then
	say "vivid refused: the BO has more than one segment, or cannot be mapped"
fi
expect 0 0 "frames go from vivid's DMA side to the viewer without a copy"

find_card
say "== the same on a screen, whose driver imports the BOs: $card"
load_vivid 0
run "$sender" "$out/screen.xr24" -f XR24
expect 0 0 "frames go from vivid to the screen without a copy"
expect_curtain

expect_unloads
say "demo: $((runs - failed)) of $runs parts as they should be"
[ $failed -eq 0 ] && [ $runs -eq 6 ]
