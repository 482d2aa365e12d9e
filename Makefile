# Makefile: builds, tests and installs transinv. `make help` lists what to ask for.
# Sources are found by folder, so a new file needs no entry here. Nothing is run at parse time that a bare machine
# lacks: targets that set a machine up (SETUP below) install compiler and libraries before the first compilation.

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# One job per processor unless the user said -j: the kernels at -O3 make a serial build several times longer. Only at
# the outermost make; below it the job server already rules, and a -j in the makefile would switch it off.
JOBS ?= $(shell nproc)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --no-builtin-rules -j$(JOBS)
endif

# ---- choices a user may make (make help) -----------------------------------------------------------------------

CFLAGS ?=
CPPFLAGS ?=
LDFLAGS ?=
LIBRARIES ?= -ljansson -linih -lz -lcrypto -ljpeg -lpng -lcurl
PREFIX ?= /usr/local
SANITIZE ?=
WERROR ?= 0
MACHINE ?= $(shell uname -m)
# oneDNN, which bench compares with: the system's when it is there; ONEDNN=DIR another one, ONEDNN=no none.
ONEDNN ?= $(patsubst %/include/dnnl.h,%,$(firstword $(wildcard /usr/local/include/dnnl.h /usr/include/dnnl.h)))
NVCC ?= $(firstword $(wildcard $(addsuffix /nvcc,$(subst :, ,$(PATH)) /usr/local/cuda/bin)))

comma := ,
empty :=
space := $(empty) $(empty)

# Every variant of the flags that is worth keeping has its own folder, so that switching rebuilds nothing.
BUILD ?= build$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
PROGRAM := $(BUILD)/transinv
TEST_PROGRAM := $(BUILD)/tests/transinv-tests
STEP_SPEED := $(BUILD)/bench/step-speed
CORRUPTION_SPEED := $(BUILD)/bench/corruption-speed
ARCHIVE_SPEED := $(BUILD)/bench/archive-speed

# ---- sources ---------------------------------------------------------------------------------------------------

include mk/simt.mk mk/cuda.mk

ROOMS := base kernels kernels/draw kernels/reference kernels/reference/corruptions kernels/reference/augmentation \
         kernels/cpu kernels/cuda kernels/vendor datasets harness harness/methods report bench
HAVE_ONEDNN := $(if $(wildcard $(ONEDNN)/include/dnnl.h),1)
$(if $(HAVE_ONEDNN)$(filter no,$(ONEDNN)),,$(if $(ONEDNN),$(error ONEDNN=$(ONEDNN): no include/dnnl.h there; ONEDNN=no builds without)))
SOURCES ?= $(filter-out $(if $(HAVE_ONEDNN),,kernels/vendor/onednn%) $(if $(HAVE_CUDA),,kernels/cuda/cuda_device.c),$(foreach room,$(ROOMS),$(wildcard $(room)/*.c)))
SIMD_SOURCES ?= $(wildcard kernels/cpu/simd/*.c kernels/cpu/corruptions/*.c kernels/cpu/augmentation/*.c)
CLI_SOURCES ?= $(wildcard cli/*.c)
TEST_SOURCES ?= $(filter-out $(if $(SIMT),,$(SIMT_TESTS)),$(wildcard tests/*_test.c tests/support/*.c))
PRESETS := $(wildcard harness/presets/*.ini)

# Each file of kernels/cpu/simd, corruptions and augmentation is compiled once per instruction set; kernels/registry.c
# chooses at run time.
X86 := $(filter x86_64 amd64,$(MACHINE))
# bfloat16 needs a compiler and an assembler that know it (gcc 10, clang 9); where there is no compiler yet, the one that
# gets installed does.
bf16_probe = printf '__asm__("vcvtneps2bf16 %%zmm0, %%ymm0");' | $(CC) $(CFLAGS) -mavx512bf16 -x c -c -o /dev/null -
BF16 := $(if $(X86),$(shell if command -v $(firstword $(CC)) >/dev/null; then $(bf16_probe) 2>/dev/null && echo 1; else echo 1; fi))
INSTRUCTION_SETS := portable $(if $(X86),avx2 avx512) $(if $(BF16),avx512_bf16)
flags_portable :=
flags_avx2 := -mavx2 -mfma
flags_avx512 := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512 -mavx2 -mfma
flags_avx512_bf16 := $(flags_avx512) -mavx512bf16 -DACTIVATION_BF16

object = $(BUILD)/obj/$(1:.c=.o)
simd_objects = $(foreach isa,$(INSTRUCTION_SETS),$(1:%.c=$(BUILD)/obj/%.$(isa).o))
GENERATED := $(addprefix $(BUILD)/generated/,build_info.c embedded_presets.c embedded_report.c \
             embedded_catalog.c)
GENERATED_OBJECTS := $(GENERATED:.c=.o)
LIBRARY_OBJECTS := $(foreach c,$(SOURCES) $(filter-out cli/main.c,$(CLI_SOURCES)),$(call object,$c)) \
                   $(foreach c,$(SIMD_SOURCES),$(call simd_objects,$c)) $(CUDA_OBJECTS) $(GENERATED_OBJECTS)
MAIN_OBJECT := $(foreach c,$(filter cli/main.c,$(CLI_SOURCES)),$(call object,$c))
TEST_OBJECTS := $(foreach c,$(TEST_SOURCES),$(call object,$c))
STEP_SPEED_OBJECT := $(call object,bench/peers/step_speed.c)
CORRUPTION_SPEED_OBJECT := $(call object,bench/peers/corruption_speed.c)
ARCHIVE_SPEED_OBJECT := $(call object,bench/peers/archive_speed.c)

# ---- flags -----------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
            -Wno-sign-conversion -Wvla $(if $(filter 1,$(WERROR)),-Werror)
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)

# No fused multiply-add that the source does not spell out, and no -ffast-math: bits must not hang on the compiler.
system_prefixes := /usr /usr/local
preprocess := -I. -D_GNU_SOURCE $(if $(X86),-DHAVE_X86_ISA) $(if $(BF16),-DHAVE_AVX512_BF16) \
              $(if $(HAVE_ONEDNN),-DHAVE_ONEDNN $(if $(filter-out $(system_prefixes),$(ONEDNN)),-isystem $(ONEDNN)/include)) \
              $(cuda_preprocess) $(CPPFLAGS)
compile_flags := -std=gnu11 -g -fopenmp -ffp-contract=off $(WARNINGS) $(SANITIZERS)
fast_flags := -O3 -fno-math-errno
plain_flags := -O2
# Criterion's assertion macros assign int to a one-bit field.
test_flags := -O2 -Wno-conversion $(if $(SIMT),-DHAVE_SIMT)
link_flags := -fopenmp $(SANITIZERS) $(LDFLAGS)
onednn_folder := $(if $(filter-out $(system_prefixes),$(ONEDNN)),$(abspath $(ONEDNN)/lib))
libraries := -Wl$(comma)--as-needed $(LIBRARIES) $(if $(HAVE_ONEDNN), \
             $(if $(onednn_folder),-L$(onednn_folder) -Wl$(comma)-rpath$(comma)$(onednn_folder)) -ldnnl) $(cuda_libraries) -lm

flags_for = $(if $(filter kernels/cpu/% bench/fma_rate.c,$1),$(fast_flags),$(if $(filter tests/%,$1),$(test_flags),$(plain_flags)))
compile = $(CC) $(preprocess) $(compile_flags) $1 $(CFLAGS) -MMD -MP -c -o $@ $<

# V=1 shows the commands themselves.
say = @$(if $(V),set -x;,printf '  %-5s %s\n' $1 $2;)
# Leaves the file, and its time, alone when nothing in it changed.
replace = if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# ---- entry points ----------------------------------------------------------------------------------------------

.PHONY: all objects setup deps test test-simt-full test-gpu golden-folder test-golden leak-check reproduce clean help FORCE
.PHONY: format format-check lint install uninstall

all: $(if $(MAIN_OBJECT),$(PROGRAM),$(BUILD)/libtransinv.a)
objects: $(LIBRARY_OBJECTS) $(MAIN_OBJECT) $(TEST_OBJECTS) $(STEP_SPEED_OBJECT) $(CORRUPTION_SPEED_OBJECT) \
         $(ARCHIVE_SPEED_OBJECT)

deps:
	@CC='$(CC)' scripts/deps

# Some targets first see to it that the machine has what they need; plain `make` installs nothing.
SETUP := $(sort $(if $(filter test test-simt-full test-gpu test-golden leak-check,$(MAKECMDGOALS)),build test) \
                $(if $(filter reproduce,$(MAKECMDGOALS)),build) \
                $(if $(filter fuzz fuzz-coverage,$(MAKECMDGOALS)),build fuzz) \
                $(if $(filter format format-check lint,$(MAKECMDGOALS)),build test lint))
setup:
	$(if $(SETUP),@CC='$(CC)' scripts/deps --implied $(SETUP))

test test-simt-full test-gpu test-golden: export TRANSINV_BINARY := $(abspath $(PROGRAM))
test: all $(TEST_PROGRAM)
	@scripts/run_tests $(TEST_PROGRAM) $(JOBS) '$(TEST)'

# The whole product of experiments on cuda-simt, of which `test` runs a subset that holds every pair of settings.
test-simt-full: all $(TEST_PROGRAM)
	@$(if $(SIMT),TRANSINV_BACKEND=cuda-simt TRANSINV_PAIRWISE=no scripts/run_tests $(TEST_PROGRAM) $(JOBS) '@(backend_*|golden*|conv_*|simt_*|cuda_*|network|training)/*',\
	    echo 'test-simt-full: no C++ compiler found' && exit 1)

# One test at a time: each opens the device for itself.
test-gpu: all $(TEST_PROGRAM)
	@TRANSINV_BACKEND=cuda scripts/run_tests $(TEST_PROGRAM) 1 '@(backend_*|golden*|conv_*|cuda_*|device|network|training)/*'

golden-folder:
	@[ -d '$(GOLDEN)' ] || { echo "test-golden: GOLDEN='$(GOLDEN)' is no folder; name one laid out like tests/golden"; exit 1; }

test-golden: golden-folder all $(TEST_PROGRAM)
	@TRANSINV_GOLDEN="$$(realpath '$(GOLDEN)')" $(if $(BACKEND),TRANSINV_BACKEND='$(BACKEND)') \
	    scripts/run_tests $(TEST_PROGRAM) $(JOBS) 'golden*/*'

# A short training under valgrind, which knows AVX2 and no more; half a minute. Blocks still reachable at the end are the
# thread library's.
leak-check: all
	@folder=$$(mktemp -d) && code=0 && OMP_WAIT_POLICY=passive valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
	    --errors-for-leak-kinds=definite,indirect --error-exitcode=9 $(PROGRAM) train --quiet --threads 1 \
	    --set data.synthetic_train_images_teacher=10 --set data.synthetic_test_images_teacher=10 \
	    --set training.batch_size=5 --set teacher.epochs=1 --output $$folder/run || code=$$?; rm -r $$folder; exit $$code

option = $(if $($2),--$1 '$($2)')
reproduce: all
	@$(PROGRAM) reproduce $(call option,preset,PRESET) $(call option,data,DATA) $(call option,catalog,CATALOG) \
	    $(call option,corruptions,CORRUPTIONS) $(call option,methods,METHODS) $(call option,seeds,SEEDS) \
	    $(call option,results,OUT) $(ARGS)

clean:
	rm -rf build

include mk/lint.mk mk/install.mk mk/help.mk mk/fuzz.mk

# ---- how things are made ---------------------------------------------------------------------------------------

# Rewritten when a flag or the compiler changes; every object hangs on it.
$(BUILD)/flags: FORCE | setup
	@command -v $(firstword $(CC)) >/dev/null || { echo 'no compiler $(CC): `make deps` installs what is missing'; exit 1; }
	@mkdir -p $(@D) && { printf '%s\n' '$(CC) $(preprocess) $(compile_flags) $(CFLAGS)' '$(fast_flags)' \
	    '$(plain_flags)' '$(test_flags)' '$(foreach i,$(INSTRUCTION_SETS),$(flags_$i))' && $(CC) --version; } > $@.new && $(replace)

$(BUILD)/link_flags: FORCE
	@mkdir -p $(@D) && printf '%s\n' '$(link_flags) $(libraries)' $(LIBRARY_OBJECTS) > $@.new && $(replace)

$(BUILD)/test_objects: FORCE
	@mkdir -p $(@D) && printf '%s\n' $(TEST_OBJECTS) $(SIMT_OBJECTS) > $@.new && $(replace)

$(BUILD)/generated/build_info.c: FORCE | $(BUILD)/flags
	@mkdir -p $(@D) && CC='$(CC)' scripts/build_info > $@.new && $(replace)

$(BUILD)/generated/embedded_presets.c: $(PRESETS) scripts/embed_files FORCE
	@mkdir -p $(@D) && scripts/embed_files harness/embedded_presets.h embedded_presets: $(PRESETS) > $@.new && $(replace)

$(BUILD)/generated/embedded_report.c: results/paper.csv report/page.css scripts/embed_files FORCE
	@mkdir -p $(@D) && scripts/embed_files report/embedded_report.h embedded_paper_table=results/paper.csv \
	    embedded_page_style=report/page.css > $@.new && $(replace)

$(BUILD)/generated/embedded_catalog.c: datasets/catalogs/official.json scripts/embed_files FORCE
	@mkdir -p $(@D) && scripts/embed_files datasets/embedded_catalog.h \
	    embedded_official_catalog=datasets/catalogs/official.json > $@.new && $(replace)

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c $(BUILD)/flags
	$(call say,CC,$<)$(call compile,$(plain_flags))

define simd_rule
$(BUILD)/obj/kernels/cpu/%.$1.o: kernels/cpu/%.c $(BUILD)/flags
	$$(call say,CC,"$$< ($1)")mkdir -p $$(@D) && $$(call compile,$(fast_flags) $(flags_$1) -DISA=$1)
endef
$(foreach isa,$(INSTRUCTION_SETS),$(eval $(call simd_rule,$(isa))))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)mkdir -p $(@D) && $(call compile,$(call flags_for,$<))

# An archive, so that the tests link only what they use.
$(BUILD)/libtransinv.a: $(LIBRARY_OBJECTS) $(BUILD)/link_flags
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(LIBRARY_OBJECTS)

$(PROGRAM): $(MAIN_OBJECT) $(BUILD)/libtransinv.a
	$(call say,LD,$@)$(CC) $(link_flags) -o $@ $^ $(libraries)

$(TEST_PROGRAM): $(TEST_OBJECTS) $(SIMT_OBJECTS) $(BUILD)/libtransinv.a $(BUILD)/test_objects
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(link_flags) -o $@ $(filter %.o %.a,$^) -lcriterion $(if $(SIMT),-lstdc++ -ldl) $(libraries)

# The training step alone, which bench/peers/step_speed.py compares with its peer's.
$(STEP_SPEED): $(STEP_SPEED_OBJECT) $(BUILD)/libtransinv.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(link_flags) -o $@ $^ $(libraries)

# The corruptions alone, which bench/peers/corruption_speed.py compares with its peer's.
$(CORRUPTION_SPEED): $(CORRUPTION_SPEED_OBJECT) $(BUILD)/libtransinv.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(link_flags) -o $@ $^ $(libraries)

# Reading a large archive alone: bench/peers/archive_speed.py.
$(ARCHIVE_SPEED): $(ARCHIVE_SPEED_OBJECT) $(BUILD)/libtransinv.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(link_flags) -o $@ $^ $(libraries)

-include $(patsubst %.o,%.d,$(LIBRARY_OBJECTS) $(MAIN_OBJECT) $(TEST_OBJECTS) $(STEP_SPEED_OBJECT) $(CORRUPTION_SPEED_OBJECT) $(ARCHIVE_SPEED_OBJECT))
