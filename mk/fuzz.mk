# fuzz.mk: libFuzzer targets for every parser (tests/fuzz). `make fuzz` is a short run for CI; by hand:
#   make fuzz FUZZ=pickle FUZZ_RUNS=10000000
# What they find goes to build/fuzz/corpus and is used by the next run; an input that crashes one to build/fuzz/.
# make fuzz-coverage shows which lines of the parsers those inputs reach.

FUZZ ?= tar gzip cifar pickle npy safetensors ini json
FUZZ_RUNS ?= 20000
FUZZ_CC ?= clang
LLVM_PROFDATA ?= llvm-profdata-14
LLVM_COV ?= llvm-cov-14

fuzz_flags := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
coverage_flags := -O1 -fprofile-instr-generate -fcoverage-mapping
fuzz_sources = $(wildcard base/*.c datasets/*.c) harness/safetensors.c harness/state_dict.c $(wildcard harness/preset*.c)
fuzz_library_objects = $(foreach c,$(fuzz_sources),$(call object,$c)) $(GENERATED_OBJECTS)
fuzz_programs = $(foreach f,$(FUZZ),$(BUILD)/bin/fuzz-$f)

# The lines that a target is about.
fuzz_files_tar := datasets/tar_reader.c datasets/tar_header.c datasets/tar_pax.c
fuzz_files_gzip := datasets/gzip_reader.c
fuzz_files_cifar := datasets/cifar_reader.c
fuzz_files_pickle := datasets/pickle_machine.c datasets/pickle_reader.c datasets/cifar_python.c
fuzz_files_npy := datasets/npy_header.c
fuzz_files_safetensors := harness/safetensors.c
fuzz_files_ini := base/ini.c harness/preset.c harness/preset_value.c
fuzz_files_json := datasets/catalog_json.c

# Good inputs that lie elsewhere in the tree: they keep step with it.
fuzz_seeds_ini := harness/presets

.PHONY: fuzz fuzz-coverage fuzz-programs fuzz-run fuzz-measure

# Presets name methods, which name all the rest: that comes from the ordinary library, uninstrumented and never run.
fuzz fuzz-coverage: setup $(BUILD)/libtransinv.a
fuzz:
	@$(MAKE) --no-print-directory BUILD=build/fuzz CC=$(FUZZ_CC) ONEDNN=no CFLAGS='$(fuzz_flags)' \
	    FUZZ_REST=$(BUILD)/libtransinv.a FUZZ_LINK='-fsanitize=fuzzer,address,undefined' fuzz-run

fuzz-coverage:
	@$(MAKE) --no-print-directory BUILD=build/fuzz-coverage CC=$(FUZZ_CC) ONEDNN=no CFLAGS='$(coverage_flags)' \
	    FUZZ_REST=$(BUILD)/libtransinv.a FUZZ_LINK='-fsanitize=fuzzer -fprofile-instr-generate' fuzz-measure

$(BUILD)/libparsers.a: $(fuzz_library_objects)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(fuzz_library_objects)

$(BUILD)/bin/fuzz-%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/libparsers.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(FUZZ_LINK) $(link_flags) -o $@ $^ $(FUZZ_REST) $(libraries)

.SECONDARY: $(foreach f,$(FUZZ),$(BUILD)/obj/tests/fuzz/fuzz_$f.o)

# allocator_may_return_null: a parser that is told of too much memory must survive the refusal.
fuzz-run: $(fuzz_programs)
	@$(foreach f,$(FUZZ),mkdir -p build/fuzz/corpus/$f && \
	    { ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 $(BUILD)/bin/fuzz-$f -runs=$(FUZZ_RUNS) -seed=1 -max_len=16384 \
	        -timeout=20 -rss_limit_mb=1500 -print_final_stats=1 -dict=tests/fuzz/$f.dict -artifact_prefix=build/fuzz/$f- \
	        build/fuzz/corpus/$f tests/fuzz/corpus/$f $(fuzz_seeds_$f) >build/fuzz/$f.log 2>&1 || \
	        { tail -n 40 build/fuzz/$f.log; exit 1; }; } && \
	    printf '%-12s %s\n' $f "$$(grep -E '^#[0-9]+.*DONE' build/fuzz/$f.log)" &&) :

fuzz-measure: $(fuzz_programs)
	@$(foreach f,$(FUZZ),mkdir -p build/fuzz/corpus/$f && LLVM_PROFILE_FILE=$(BUILD)/$f.profraw $(BUILD)/bin/fuzz-$f -runs=0 \
	    build/fuzz/corpus/$f tests/fuzz/corpus/$f $(fuzz_seeds_$f) >$(BUILD)/$f.log 2>&1 && \
	    $(LLVM_PROFDATA) merge -o $(BUILD)/$f.profdata $(BUILD)/$f.profraw && echo '$f' && \
	    $(LLVM_COV) report $(BUILD)/bin/fuzz-$f -instr-profile=$(BUILD)/$f.profdata $(fuzz_files_$f) | \
	    awk '/\.c |^TOTAL/ {printf "  %-34s lines %5d, reached %s\n", $$1, $$8, $$10}' &&) :
