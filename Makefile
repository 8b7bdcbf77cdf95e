# SPDX-License-Identifier: MIT
# What a user can ask of this tree. How the parts are built is in their own
# makefiles; what runs in images and virtual machines is in igt-tests/vm.

VM := igt-tests/vm
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
NATIVE := $(CURDIR)/build/native

.PHONY: all demo check check-next check-rt check-debug check-all check-arm64 check-arm64-16k \
	check-armhf check-armhf-lpae check-style check-fresh check-intree \
	check-desktop check-long bench install uninstall dkms clean help

all: ## build the module for the running kernel, and libdgem
	@$(VM)/host/native-tools "$(KDIR)"
	$(MAKE) -C drivers/dgem KDIR="$(KDIR)"
	$(MAKE) -C libclient O="$(NATIVE)" lib cli

demo: ## camera frames into shared buffers, in a virtual machine
	@$(VM)/host/demo

check: ## all tests on Debian stable's kernel
	@$(VM)/host/lane lts

check-next: ## all tests on the newest kernel in Debian
	@$(VM)/host/lane next

check-rt: ## the same on Debian stable's kernel with PREEMPT_RT
	@$(VM)/host/lane rt

check-arm64 check-arm64-16k check-armhf check-armhf-lpae: ## the same on other machines
	@$(VM)/host/lane $(@:check-%=%)

check-all: check-style check check-next check-debug check-rt check-arm64 \
	check-arm64-16k check-armhf check-armhf-lpae ## all that these test

check-debug: ## all tests on a kernel that checks itself (KERNEL=next)
	@igt-tests/debug/run

check-style: ## the static checkers, and each commit built (COMMITS=all)
	@igt-tests/style/run

check-intree: ## build in the newest kernel's source, and run KUnit there
	@igt-tests/intree/run

check-desktop: ## what real programs take for the GPU, with and without dgem
	@igt-tests/desktop/run

check-long: ## what takes too long for the lanes, on both of Debian's kernels
	@$(VM)/host/long

check-fresh: ## make demo from bare Debian systems, with and without network
	@$(VM)/host/check-fresh

bench: ## measure against the other ways to get memory
	@igt-tests/bench/run

install: all ## install module and library (as root; PREFIX, DESTDIR)
	$(MAKE) -C drivers/dgem KDIR="$(KDIR)" modules_install
	$(MAKE) -C libclient O="$(NATIVE)" PREFIX="$(PREFIX)" install

uninstall: ## undo install and dkms (as root)
	$(MAKE) -C drivers/dgem KDIR="$(KDIR)" modules_uninstall
	$(MAKE) -C libclient O="$(NATIVE)" PREFIX="$(PREFIX)" uninstall

dkms: ## install the module by DKMS, for every kernel (as root)
	$(MAKE) -C drivers/dgem dkms
	@[ -e "$(PREFIX)/bin/dgem" ] || echo "dgem: this is the module alone; type" \
		"'sudo make -C libclient install' for the library and the command"

clean: ## remove what was built; the images stay in the cache
	rm -rf build

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)
