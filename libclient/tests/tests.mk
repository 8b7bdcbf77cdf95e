# SPDX-License-Identifier: MIT
# Tests of the library: one program per source file, with AddressSanitizer and
# UndefinedBehaviorSanitizer, on a fake kernel; the races once more with
# ThreadSanitizer; the headers, the exported symbols and the documentation.
TEST_DIR := $(O)/lib-tests
TEST_OBJ := $(O)/obj/tests
FAKE_SRCS := harness.c fake_state.c fake_ioctl.c fake_sys.c fake_teardown.c
FAKED := $(patsubst tests/tests-%.c,%,$(filter-out tests/tests-sys.c tests/tests-cli%.c,\
	$(wildcard tests/tests-*.c)))
CLI_TESTED := $(patsubst tests/tests-%.c,%,$(wildcard tests/tests-cli*.c))
TEST_PROGRAMS := $(addprefix $(TEST_DIR)/tests-,$(FAKED) $(CLI_TESTED) sys races-tsan)

SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan := -fsanitize=thread
# The library's allocations, so that tests can make them fail.
FAIL_ALLOC := -Dcalloc=test_calloc -Dstrdup=test_strdup -Dstrndup=test_strndup
TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer

.PHONY: tests
tests: $(TEST_PROGRAMS)

define sanitized
$(TEST_OBJ)/$(1)/src/%.o: src/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $(FAIL_ALLOC) $$(BASE_CFLAGS) $$(CFLAGS) $(TEST_CFLAGS) \
		$(SANITIZE_$(1)) -MMD -c $$< -o $$@

$(TEST_OBJ)/$(1)/tools/%.o: tools/%.c
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(BASE_CFLAGS) -DDGEM_VERSION='"$(VERSION)"' $$(CFLAGS) \
		$(TEST_CFLAGS) $(SANITIZE_$(1)) -MMD -c $$< -o $$@

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

$(TEST_DIR)/tests-races-tsan: $(TEST_OBJ)/tsan/tests-races.o $(call faked_objs,tsan)
	$(LINK_TEST) $(SANITIZE_tsan) $^ -o $@

$(TEST_DIR)/tests-sys: $(addprefix $(TEST_OBJ)/asan/,tests-sys.o harness.o src/sys.o)
	$(LINK_TEST) $(SANITIZE_asan) $^ $(LIBDRM) -o $@

check: all
	@CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' O='$(O)' \
		tests/run-tests $(TEST_PROGRAMS) tests/check-symbols tests/check-headers

-include $(wildcard $(TEST_OBJ)/*/*.d $(TEST_OBJ)/*/src/*.d $(TEST_OBJ)/*/tools/*.d)
