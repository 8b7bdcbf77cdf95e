# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by native: packages of kernel headers, made from those that are installed,
# so that the tests of kernel updates need no mirror.

# repack RELEASE NEW FILE: the headers of the kernel RELEASE as a package, FILE,
# under the release NEW, which may be the same.
repack()
{
	name=linux-headers-$1
	root=$(mktemp -d)
	mkdir "$root/DEBIAN"
	# /lib is a link here, and images have no documentation.
	dpkg-query -L "$name" | sed -e '/^\/lib$/d' -e '/^\/usr\/share\/doc/d' -e 's,^/,./,' |
		tar -C / -c --no-recursion --transform "s,$1,$2,g" -T - |
		tar -C "$root" -x
	# The kernel itself, which some depend on, is not there to be repacked.
	dpkg-query -s "$name" | sed -e '/^Status:/d' \
		-e '/^Depends:/s/\(, \)\?linux-image-[^,]*//' >"$root/DEBIAN/control"
	for part in preinst postinst prerm postrm; do
		[ ! -e "/var/lib/dpkg/info/$name.$part" ] ||
			cp "/var/lib/dpkg/info/$name.$part" "$root/DEBIAN/$part"
	done
	[ "$1" = "$2" ] || grep -rlF "$1" "$root" | xargs sed -i "s,$1,$2,g"
	chmod 755 "$root"
	dpkg-deb -Znone --build "$root" "$3"
	rm -rf "$root"
}

# add_headers FILE: installs it as an upgrade does
add_headers()
{
	apt-get -y --reinstall install "$1" && whole
}

# Nothing is half installed.
whole()
{
	dpkg --audit >/tmp/audit
	cat /tmp/audit
	[ ! -s /tmp/audit ]
}
