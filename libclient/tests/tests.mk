# SPDX-License-Identifier: MIT
# Tests of the library: one program per source file, with AddressSanitizer and
# UndefinedBehaviorSanitizer, on a fake kernel; the races once more with
# ThreadSanitizer; the headers, the exported symbols and the documentation.
TEST_DIR := $(O)/lib-tests
TEST_OBJ := $(O)/obj/tests
FAKE_SRCS := harness.c fake_state.c fake_ioctl.c fake_sys.c fake_socket.c fake_teardown.c
FAKED := $(patsubst tests/tests-%.c,%,$(filter-out tests/tests-sys.c tests/tests-bars.c \
	tests/tests-cli-%.c tests/tests-command-%.c,$(wildcard tests/tests-*.c)))
COMMANDS_TESTED := $(patsubst tests/tests-%.c,%,$(wildcard tests/tests-command-*.c))
CLI_TESTED := $(patsubst tests/tests-cli-%.c,%,$(wildcard tests/tests-cli-*.c))
RACES := $(filter races%,$(FAKED))
TEST_PROGRAMS := $(addprefix $(TEST_DIR)/tests-,$(FAKED) sys $(RACES:%=%-tsan) \
	$(CLI_TESTED:%=cli-%) $(COMMANDS_TESTED) bars)

SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan := -fsanitize=thread
# The library's allocations, so that tests can make them fail.
FAIL_ALLOC := -Dcalloc=test_calloc -Dstrdup=test_strdup -Dstrndup=test_strndup
TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer

# For a machine with a device, which has what was built and not the sources.
DEVICE_TESTS := $(addprefix $(TEST_DIR)/,device device-guest.sh check-device run-tests)

.PHONY: tests device-tests
tests: $(TEST_PROGRAMS) $(DEVICE_TESTS)
# All that is of use on such a machine.
device-tests: lib cli $(EXAMPLES) $(DEVICE_TESTS)

define sanitized
$(TEST_OBJ)/$(1)/src/%.o: src/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $(FAIL_ALLOC) $$(BASE_CFLAGS) $$(CFLAGS) $(TEST_CFLAGS) \
		$(SANITIZE_$(1)) -MMD -c $$< -o $$@

$(TEST_OBJ)/$(1)/tools/%.o: tools/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(BASE_CFLAGS) $$(CFLAGS) \
		$(TEST_CFLAGS) $(SANITIZE_$(1)) -MMD -c $$< -o $$@

$(TEST_OBJ)/$(1)/examples/%.o: examples/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(BASE_CFLAGS) $$(CFLAGS) $(TEST_CFLAGS) \
		$(SANITIZE_$(1)) -MMD -c $$< -o $$@

$(TEST_OBJ)/$(1)/%.o: tests/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(BASE_CFLAGS) $$(CFLAGS) $(TEST_CFLAGS) $(SANITIZE_$(1)) \
		-MMD -c $$< -o $$@
endef
$(eval $(call sanitized,asan))
$(eval $(call sanitized,tsan))
.SECONDARY:

# What every program on the fake kernel consists of, for one sanitizer.
faked_objs = $(patsubst src/%.c,$(TEST_OBJ)/$(1)/src/%.o,$(filter-out src/sys.c,$(LIB_SRCS))) \
	$(FAKE_SRCS:%.c=$(TEST_OBJ)/$(1)/%.o)
LINK_TEST = $(call quiet,LD)$(CC) $(CFLAGS) $(LDFLAGS) -pthread

$(addprefix $(TEST_DIR)/tests-,$(FAKED)): $(TEST_DIR)/tests-%: $(TEST_OBJ)/asan/tests-%.o \
		$(call faked_objs,asan)
	$(LINK_TEST) $(SANITIZE_asan) $^ -o $@

$(RACES:%=$(TEST_DIR)/tests-%-tsan): $(TEST_DIR)/tests-%-tsan: $(TEST_OBJ)/tsan/tests-%.o \
		$(call faked_objs,tsan)
	$(LINK_TEST) $(SANITIZE_tsan) $^ -o $@

$(TEST_DIR)/tests-sys: $(addprefix $(TEST_OBJ)/asan/,tests-sys.o harness.o src/sys.o)
	$(LINK_TEST) $(SANITIZE_asan) $^ $(LIBDRM) -o $@

# From the archive comes only what the test of a part of the tool needs; whole
# commands run on the fake kernel.
TOOL_TEST_LIB := $(TEST_OBJ)/asan/libtool.a
$(TOOL_TEST_LIB): $(patsubst tools/%.c,$(TEST_OBJ)/asan/tools/%.o,$(filter-out tools/main.c,$(TOOL_SRCS)))
	$(call quiet,AR)rm -f $@ && $(AR) rcs $@ $^

$(CLI_TESTED:%=$(TEST_DIR)/tests-cli-%): $(TEST_DIR)/tests-cli-%: $(TEST_OBJ)/asan/tests-cli-%.o \
		$(addprefix $(TEST_OBJ)/asan/,harness.o sysfs.o) $(TOOL_TEST_LIB)
	$(LINK_TEST) $(SANITIZE_asan) $^ -o $@

$(COMMANDS_TESTED:%=$(TEST_DIR)/tests-%): $(TEST_DIR)/tests-%: $(TEST_OBJ)/asan/tests-%.o \
		$(TEST_OBJ)/asan/command.o $(call faked_objs,asan) $(TOOL_TEST_LIB)
	$(LINK_TEST) $(SANITIZE_asan) $^ -o $@

$(TEST_DIR)/tests-bars: $(addprefix $(TEST_OBJ)/asan/,tests-bars.o examples/bars.o harness.o)
	$(LINK_TEST) $(SANITIZE_asan) $^ -o $@

$(TEST_DIR)/device: $(addprefix $(TEST_OBJ)/asan/,device.o device-access.o device-import.o \
		device-reuse.o harness.o) | lib
	$(LINK_TEST) $(SANITIZE_asan) $(filter %.o,$^) $(EXAMPLE_LIBS) -ldgem $(LIBDRM) -o $@

$(addprefix $(TEST_DIR)/,device-guest.sh check-device run-tests): $(TEST_DIR)/%: tests/%
	$(call quiet,CP)cp $< $@

check: all
	@CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' O='$(O)' \
		tests/run-tests $(TEST_PROGRAMS) tests/check-symbols tests/check-headers \
		tests/check-cli tests/check-completion tests/check-install tests/check-docs

-include $(wildcard $(TEST_OBJ)/*/*.d $(TEST_OBJ)/*/src/*.d $(TEST_OBJ)/*/tools/*.d \
	$(TEST_OBJ)/*/examples/*.d)
