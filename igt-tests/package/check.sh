# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the parts of this test: each check prints a line that begins with
# "pass:" or "FAIL:", which run counts.

# check WHAT CMD...: passes if CMD does.
check()
{
	what=$1
	shift
	if "$@" >/tmp/check.log 2>&1 </dev/null; then
		echo "pass: $what"
	else
		echo "FAIL: $what: '$*' ended with status $?"
		tail -n 20 /tmp/check.log | sed 's/^/    /'
	fi
}

# says WORDS CMD...: succeeds if CMD fails, with WORDS in what it prints.
says()
{
	words=$1
	shift
	if "$@" >/tmp/says.log 2>&1; then
		cat /tmp/says.log
		echo "it succeeded, but should say: $words"
		return 1
	fi
	cat /tmp/says.log
	grep -qF -e "$words" /tmp/says.log
}

# prints WORDS CMD...: succeeds if CMD does, with WORDS in what it prints.
prints()
{
	words=$1
	shift
	"$@" >/tmp/prints.log 2>&1 || { cat /tmp/prints.log; return 1; }
	cat /tmp/prints.log
	grep -qF -e "$words" /tmp/prints.log
}

# quiet CMD...: succeeds if CMD does, with nothing in what it prints that looks
# like a failure.
quiet()
{
	"$@" >/tmp/quiet.log 2>&1 || { cat /tmp/quiet.log; return 1; }
	! grep -iE 'error|warning' /tmp/quiet.log
}

# clone DIR: a copy of the tree, without what was built in it
clone()
{
	mkdir -p "$1"
	tar -C /dgem -cf - --exclude='*.o' --exclude='*.ko' --exclude='*.cmd' \
		--exclude='*.mod*' --exclude=Module.symvers \
		--exclude='modules.order' Makefile Kconfig README.md drivers \
		uapi libclient igt-tests | tar -C "$1" -xf -
}
