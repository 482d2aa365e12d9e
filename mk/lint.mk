# lint.mk: how the sources must look (format, format-check) and what compilers and analysers must not find (lint).
# Everything found is an error. clang-format and clang-tidy are named with their version: another one judges otherwise.

CLANG_FORMAT ?= clang-format-14
CLANG_TIDY ?= clang-tidy-14

C_FILES = $(sort $(shell find base kernels datasets harness report cli tests bench -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp'))
SCRIPTS = $(filter-out %.md,$(wildcard scripts/* bench/*.sh .ci/run completions/*.bash))

format: setup
	$(CLANG_FORMAT) -i $(C_FILES)

format-check: setup
	@$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)

lint: lint-gcc lint-clang lint-cppcheck lint-tidy lint-scripts
.PHONY: lint-gcc lint-clang lint-cppcheck lint-tidy lint-scripts

# Whole compilations, optimiser included: some warnings (-Wmaybe-uninitialized) come from there.
lint-gcc lint-clang: lint-%: setup
	@echo "lint: $* -Werror" && \
	    $(MAKE) --no-print-directory BUILD=build/lint-$* SANITIZE= NVCC=no CC=$* WERROR=1 objects >build/lint-$*.log 2>&1 || \
	    { grep -v '^  CC' build/lint-$*.log; false; }

# The tests are left out: Criterion's macros are C only to a compiler. Off are: invalidPointerCast, because kernels carve
# double and float arrays out of one piece of scratch memory; uninitvar and memleak, where clang-tidy's analyzer and the
# sanitizers give no false alarms; internalAstError, cppcheck's own trouble with `a ? (struct b){0} : c`.
lint-cppcheck: setup
	@echo 'lint: cppcheck' && cppcheck --quiet -j $(JOBS) --std=c11 --enable=warning,performance,portability \
	    --suppress=invalidPointerCast --suppress=uninitvar --suppress=memleak --suppress=internalAstError \
	    --error-exitcode=1 -I. -D_GNU_SOURCE -DHAVE_X86_ISA -DISA=avx512 \
	    -D__AVX2__ -D__FMA__ -D__AVX512F__ $(SOURCES) $(SIMD_SOURCES) $(CLI_SOURCES)

# $1 sources, $2 flags. clang-tidy tells on stderr how much it did not show; that matters only when it fails.
tidy = { printf '%s\n' $1 | xargs -P $(JOBS) -I{} $(CLANG_TIDY) --quiet {} -- $(preprocess) -std=gnu11 -fopenmp $2 \
       2>build/lint-tidy.log || { grep -v 'warnings generated' build/lint-tidy.log; false; }; }
model := -include mk/analyzer_model.h

lint-tidy: setup
	@echo 'lint: clang-tidy' && mkdir -p build
	@$(call tidy,base/status.c)
	@$(call tidy,$(filter-out base/status.c,$(SOURCES)) $(CLI_SOURCES) $(TEST_SOURCES) $(wildcard bench/peers/*.c $(if $(HAVE_CUDA),bench/gpu/*.c)),$(model))
	@$(if $(SIMD_SOURCES),$(foreach isa,$(INSTRUCTION_SETS),$(call tidy,$(SIMD_SOURCES),$(model) $(flags_$(isa)) -DISA=$(isa)) &&) :)

lint-scripts: setup
	@echo 'lint: shellcheck' && shellcheck $(SCRIPTS)
