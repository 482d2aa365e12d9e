# help.mk: the text of `make help`; fits a terminal of 80 columns.

define help_text
Usage: make [TARGET] [VARIABLE=value ...]

  all            build/transinv (the default)
  reproduce      run the pipeline; writes results/report/<preset>/index.html
  test           build everything and run the tests
  test-simt-full the CUDA kernels on the host-side runner, every experiment
  test-gpu       the tests of all backends on a CUDA device
  ptxas-report   registers, shared memory and spills of the CUDA kernels
  gpu-bundle     build/gpu-bundle: gpu-check.sh and all it needs, to be copied
                 to a machine with a GPU and nothing else
  test-golden    run the golden tests against the numbers in GOLDEN=DIR
  leak-check     a short training under valgrind
  fuzz           every parser for some seconds; see tests/fuzz/README.md
  deps           install the Debian packages that are missing
  format         lay out the sources with clang-format
  format-check   fail where `make format` would change something
  lint           gcc and clang with -Werror, cppcheck, clang-tidy, shellcheck
  install        install below DESTDIR and PREFIX ($(PREFIX))
  uninstall      take that away again
  clean          remove build/; results stay

Variables of reproduce
  PRESET=quick            named, complete set of hyper-parameters
  DATA=DIR                archives or folders that are already there
  CATALOG=FILE            what DIR holds, when it is not the official data
  CORRUPTIONS=GN,Co,ET    some of the 15
  METHODS=FT,TransInv     some of the methods
  SEEDS=1,2,3             one run of each cell per seed
  OUT=DIR                 results go there
  ARGS='...'              further options of `transinv reproduce`
Variables of test and test-golden
  TEST=random             only suites whose names contain this
  JOBS=2                  tests side by side; default: one per processor
  GOLDEN=DIR              folder laid out like tests/golden
  BACKEND=cpu             the backend that must meet it
Variables of fuzz and fuzz-coverage
  FUZZ=pickle             some of the targets
  FUZZ_RUNS=10000000      inputs for each; default: 20000
Variables of every build
  SANITIZE=address,undefined    with sanitizers, in a folder of its own
  WERROR=1                warnings are errors
  BUILD=DIR               build there instead of in build/
  NVCC=FILE               CUDA's compiler; no: build without CUDA
  ONEDNN=DIR              oneDNN to compare with (DIR/include, DIR/lib); no: none
  V=1                     show commands
  CC CFLAGS CPPFLAGS LDFLAGS LIBRARIES     as usual; yours come last

oneDNN: $(if $(HAVE_ONEDNN),in $(ONEDNN),none found; only `bench --vs vendor` needs it)
CUDA compiler: $(if $(HAVE_CUDA),$(NVCC),none$(comma) so no CUDA backend)
endef

help:
	$(info $(help_text))
	@:
