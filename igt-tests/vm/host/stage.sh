# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by lane, after lib.sh: runs the stages of a lane, which keep their logs
# in the directory $out, and adds up what they count.
#
# shellcheck disable=SC2154 # out is the lane's

passed=0 failed=0 skipped=0

# stage NAME CMD...: a stage in which nothing passed or failed, or that ends badly
# without counting a failure, is one.
stage()
{
	local name=$1 log=$out/$1.log rc=0 start=$SECONDS count p f s

	shift
	printf '%-10s begins%s\n' "$name" "$(last_time "${out##*/}" "$name")"
	"$@" >"$log" 2>&1 || rc=$?
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
		took "${out##*/}" "$name" $((SECONDS - start))
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-10s %s (%s)\n' "$name" "$p passed, $f failed, $s skipped" \
		"$(elapsed $((SECONDS - start)))"
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
