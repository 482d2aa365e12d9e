# cuda.mk: the CUDA backend, built where nvcc is found: kernels/cuda/*.cu as machine code for sm_80 and sm_90a, and as PTX
# for what comes after; PTX for 9.0, since launches overlap there and no older code waits for the launch before. NVCC=FILE names another compiler, NVCC=no builds without. The program starts without a driver.

HAVE_CUDA := $(if $(filter-out no,$(NVCC)),1)
CUDA_HOME := $(if $(HAVE_CUDA),$(patsubst %/bin/,%,$(dir $(realpath $(NVCC)))))
CUDA_SOURCES := $(wildcard kernels/cuda/*.cu)
CUDA_OBJECTS := $(if $(HAVE_CUDA),$(CUDA_SOURCES:%.cu=$(BUILD)/cuda/%.o))

# Static where that library is there: then the program needs nothing but the driver.
cuda_static := $(firstword $(wildcard $(addsuffix /libcudart_static.a,$(CUDA_HOME)/lib64 $(CUDA_HOME)/lib)))
cuda_libraries := $(if $(HAVE_CUDA),$(if $(cuda_static),$(cuda_static) -lpthread -ldl -lrt,-L$(CUDA_HOME)/lib64 \
                  -Wl$(comma)-rpath$(comma)$(CUDA_HOME)/lib64 -lcudart))
cuda_preprocess := $(if $(HAVE_CUDA),-DHAVE_CUDA -isystem $(CUDA_HOME)/include)

# Objects that plain C can link: no C++ library is wanted.
cuda_host_flags := -Wall -fno-threadsafe-statics -fno-exceptions -fno-rtti -ffp-contract=off
cuda_architectures := -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90a,code=sm_90a \
                      -gencode=arch=compute_90,code=compute_90
# As for the host: no fused multiply-add that the source does not spell out.
cuda_flags = -std=c++17 -O3 -I. --fmad=false --Werror all-warnings -Xptxas -warn-spills \
             -Xcompiler $(subst $(space),$(comma),$(cuda_host_flags))

$(BUILD)/cuda/flags: FORCE | setup
	@mkdir -p $(@D) && { printf '%s\n' '$(NVCC) $(cuda_flags) $(cuda_architectures)' && $(NVCC) --version; } > $@.new && $(replace)

$(BUILD)/cuda/%.o: %.cu $(BUILD)/cuda/flags
	$(call say,NVCC,$<)mkdir -p $(@D) && $(NVCC) $(cuda_flags) $(cuda_architectures) -MD -MP -MF $(@:.o=.d) -c -o $@ $<

-include $(CUDA_OBJECTS:.o=.d)

# Registers, shared memory and spills of every kernel on both architectures.
.PHONY: ptxas-report
ptxas-report:
	@$(if $(HAVE_CUDA),scripts/ptxas_report '$(NVCC)' '$(cuda_flags)' $(CUDA_SOURCES),echo 'ptxas-report: no nvcc found' && exit 1)

# ---- a folder for a machine that has a GPU and nothing else ----------------------------------------------------------

.PHONY: gpu-bundle
BUNDLE := $(BUILD)/gpu-bundle
# Tests that need no vendor's library and whose data is small; nothing that would bring the library of downloads along.
GPU_TESTS := $(filter-out %_corruption_test.c %_corruptions_test.c %golden_augment_test.c %golden_augmix_test.c \
             %support/download.c, \
             $(wildcard $(addprefix tests/,backend_*_test.c golden_*_test.c conv_*_test.c cuda_*_test.c device_test.c \
             network_test.c)) $(wildcard tests/support/*.c))
GPU_TEST_OBJECTS := $(GPU_TESTS:%.c=$(BUILD)/obj/%.o)

$(BUILD)/cuda/probe: bench/probe.cu kernels/cuda/ptx.h $(BUILD)/cuda/flags
	$(call say,NVCC,$<)$(NVCC) $(cuda_flags) $(cuda_architectures) -o $@ $<

# Libraries come from the bundle's own folder, those of libraries too, whatever the environment says for others.
bundle_link = $(CC) $(link_flags) -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib' -o $@ $(filter %.o %.a,$^)

$(BUILD)/cuda/step-speed: $(BUILD)/obj/bench/peers/step_speed.o $(BUILD)/libtransinv.a $(BUILD)/link_flags mk/cuda.mk
	$(call say,LD,$@)$(bundle_link) $(libraries)

$(BUILD)/cuda/gpu-tests: $(GPU_TEST_OBJECTS) $(SIMT_OBJECTS) $(BUILD)/libtransinv.a $(BUILD)/link_flags mk/cuda.mk
	$(call say,LD,$@)$(bundle_link) -lcriterion $(if $(SIMT),-lstdc++ -ldl) $(libraries)

# Beside the vendor's libraries, which it finds when it runs.
GPU_VENDOR_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bench/gpu/*.c))
$(BUILD)/cuda/gpu-vendor: $(GPU_VENDOR_OBJECTS) $(BUILD)/libtransinv.a $(BUILD)/link_flags mk/cuda.mk
	$(call say,LD,$@)$(bundle_link) $(libraries)
-include $(GPU_VENDOR_OBJECTS:.o=.d)

GPU_PROGRAMS := $(addprefix $(BUILD)/cuda/,probe gpu-tests gpu-vendor step-speed)
gpu-bundle: $(if $(HAVE_CUDA),$(GPU_PROGRAMS))
	@$(if $(HAVE_CUDA),scripts/gpu_bundle $(BUNDLE) $(GPU_PROGRAMS),echo 'gpu-bundle: no nvcc found' && exit 1)
