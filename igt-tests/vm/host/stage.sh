# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by lane, after lib.sh: runs the stages of a lane, which keep their logs
# in the directory $out, and adds up what they count. Some may run beside others:
#
#	beside FUNCTION		starts FUNCTION, which calls stage several times
#	stage NAME CMD...	meanwhile
#	end_beside		waits for FUNCTION, and adds what it counted
#
# shellcheck disable=SC2154 # out is the lane's

passed=0 failed=0 skipped=0
# The process group of the stage that runs, and the process that runs FUNCTION
stage_group='' beside_process=''

# For a trap: nothing goes on after whoever called stage and beside.
stop_stages()
{
	[ -z "$beside_process" ] || kill "$beside_process" 2>/dev/null || :
	[ -z "$stage_group" ] || kill -- "-$stage_group" 2>/dev/null || :
	wait
}

# run_stage LOG CMD...: a process group of its own, which can be ended as a whole
run_stage()
{
	local log=$1 rc=0

	shift
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	stage_group=$!
	set +m
	wait "$stage_group" || rc=$?
	stage_group=
	return "$rc"
}

# report NAME LOG STATUS SECONDS: a stage in which nothing passed or failed, or
# that ends badly without counting a failure, is one.
report()
{
	local name=$1 log=$2 rc=$3 count p f s

	count=$(counts_of "$log")
	read -r p f s <<<"${count:-0 0 0}"
	[ -n "$count" ] && [ "$((p + f))" -gt 0 ] || rc=125
	if [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		f=1
	fi
	if [ "$f" != 0 ]; then
		grep -aE '(^|[^a-zA-Z])(FAIL|error:)' "$log" | head -n 40 |
			sed "s/^/$name: /" || :
		echo "FAIL $name: status $rc, see $log"
	else
		took "${out##*/}" "$name" "$4"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-10s %s (%s)\n' "$name" "$p passed, $f failed, $s skipped" \
		"$(elapsed "$4")"
}

# stage NAME CMD...
stage()
{
	local name=$1 rc=0 start=$SECONDS

	shift
	printf '%-10s begins%s\n' "$name" "$(last_time "${out##*/}" "$name")"
	run_stage "$out/$name.log" "$@" || rc=$?
	report "$name" "$out/$name.log" "$rc" $((SECONDS - start))
}

run_beside()
{
	trap 'stop_stages; echo "$passed $failed $skipped" >"$out/beside"' EXIT
	trap 'exit 130' INT TERM
	passed=0 failed=0 skipped=0 beside_process=
	"$@"
}

# beside FUNCTION: only one at a time
beside()
{
	rm -f "$out/beside"
	run_beside "$@" </dev/null &
	beside_process=$!
}

# A FUNCTION that did not come to its end is a failure, besides those of the
# stages that it ran.
end_beside()
{
	local rc=0 p=0 f=0 s=0

	wait "$beside_process" || rc=$?
	beside_process=
	[ ! -e "$out/beside" ] || read -r p f s <"$out/beside"
	if [ "$rc" != 0 ] || [ $((p + f)) = 0 ]; then
		echo "FAIL the stages beside the others ended early, with status $rc"
		f=$((f + 1))
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# counted CMD...: one test that says by its status whether it passed
counted()
{
	if "$@"; then
		echo "1 passed, 0 failed, 0 skipped"
	else
		echo "FAIL $*"
		echo "0 passed, 1 failed, 0 skipped"
	fi
}
