# simt.mk: the host-side runner (tests/simt) and the CUDA kernels compiled for it, as parts of the test program. Needs a
# C++ compiler, no CUDA. Kernels are compiled with the compiler's thread-sanitizer calls, which the runner answers itself:
# they cannot be linked together with that sanitizer's own library.

# Where there is no C compiler yet, the one that gets installed brings the other.
have_compiler = $(shell command -v $(firstword $1) 2>/dev/null)
SIMT := $(if $(findstring thread,$(SANITIZE)),,$(if $(call have_compiler,$(CXX)),1,$(if $(call have_compiler,$(CC)),,1)))
SIMT_KERNELS := $(wildcard kernels/cuda/*.cu tests/simt/*.cu)
SIMT_RUNNER := $(wildcard tests/simt/*.cpp)
SIMT_OBJECTS := $(if $(SIMT),$(SIMT_KERNELS:%.cu=$(BUILD)/simt/%.o) $(SIMT_RUNNER:%.cpp=$(BUILD)/simt/%.o) \
                             $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/simt/*.c)))
SIMT_TESTS := $(wildcard tests/simt_*_test.c tests/cuda_*_test.c)

simt_warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-unknown-pragmas \
                 $(if $(filter 1,$(WERROR)),-Werror)
simt_flags := -std=c++17 -g -ffp-contract=off $(simt_warnings)
# Without -fno-tree-vectorize several of a thread's accesses would become one of another width.
simt_kernel_flags := $(simt_flags) -O1 -fno-tree-vectorize -fsanitize=thread -fno-exceptions -fno-rtti -DTRANSINV_SIMT

$(BUILD)/simt/flags: FORCE | setup
	@mkdir -p $(@D) && { printf '%s\n' '$(CXX) $(simt_kernel_flags)' && $(CXX) --version; } > $@.new && $(replace)

$(BUILD)/simt/%.o: %.cu $(BUILD)/simt/flags
	$(call say,SIMT,$<)mkdir -p $(@D) && $(CXX) -I. -D_GNU_SOURCE $(simt_kernel_flags) -MMD -MP -x c++ -c -o $@ $<

$(BUILD)/simt/%.o: %.cpp $(BUILD)/simt/flags
	$(call say,CXX,$<)mkdir -p $(@D) && $(CXX) -I. -D_GNU_SOURCE $(simt_flags) -O2 -MMD -MP -c -o $@ $<

-include $(SIMT_OBJECTS:.o=.d)
